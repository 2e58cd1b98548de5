//! What can go wrong while the schema is changed.

/// What can go wrong while the schema is changed.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The database could not be reached or refused a statement; nothing was changed.
    #[error("the schema was left as it was: {0}")]
    Database(#[from] sea_orm::DbErr),
}
