//! What can go wrong while the schema is changed.

/// What can go wrong while the schema is changed.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The database could not be reached or refused a statement; nothing was changed.
    #[error("the schema was left as it was: {0}")]
    Database(#[from] sea_orm::DbErr),
    /// Others held a table for too long that was to be changed; nothing was changed.
    #[error(
        "the schema was left as it was: another session holds a table that is to be changed, and everyone else would wait \
         behind this. Look who it is (SELECT pid, usename, query FROM pg_stat_activity WHERE xact_start < now() - interval \
         '3 s'), end it or wait for it, and run this again"
    )]
    Locked,
}
