//! Applying, undoing and listing the migrations, each under one lock and in one transaction.

use sea_orm::TransactionTrait;
use sea_orm_migration::MigratorTrait;

use crate::locks::{connect, in_one_transaction, take_turn};
use crate::{MigrationError, Migrator};

/// One migration and whether it was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// The migration's name.
    pub name: String,
    /// Whether the database has it.
    pub is_applied: bool,
}

/// Applies every migration that is missing, all or none, and says how many those were.
///
/// # Errors
/// The database cannot be reached or refused a statement, or others hold a table for too long; then nothing was changed.
pub async fn up(database_url: &str) -> Result<usize, MigrationError> {
    in_one_transaction(database_url, async |transaction| {
        let missing = Migrator::get_pending_migrations(transaction).await?.len();
        Migrator::up(transaction, None).await?;
        Ok(missing)
    })
    .await
}

/// Undoes the newest `steps` migrations, all or none, and says how many there were. Their data is lost.
///
/// # Errors
/// As for [`up`].
pub async fn down(database_url: &str, steps: u32) -> Result<usize, MigrationError> {
    in_one_transaction(database_url, async |transaction| {
        let before = Migrator::get_applied_migrations(transaction).await?.len();
        Migrator::down(transaction, Some(steps)).await?;
        let after = Migrator::get_applied_migrations(transaction).await?.len();
        Ok(before - after)
    })
    .await
}

/// Lists every migration and whether the database has it.
///
/// # Errors
/// The database cannot be reached.
pub async fn status(database_url: &str) -> Result<Vec<MigrationStatus>, MigrationError> {
    let connection = connect(database_url).await?;
    let transaction = connection.begin().await?;
    take_turn(&transaction).await?;
    let statuses = Migrator::get_migration_with_status(&transaction)
        .await?
        .iter()
        .map(|migration| MigrationStatus {
            name: migration.name().to_owned(),
            is_applied: migration.status() == sea_orm_migration::MigrationStatus::Applied,
        })
        .collect();
    transaction.commit().await?;
    connection.close().await?;
    Ok(statuses)
}
