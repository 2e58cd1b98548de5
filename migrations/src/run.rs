//! Applying, undoing and listing the migrations, each under one lock and in one transaction.

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, TransactionTrait};
use sea_orm_migration::MigratorTrait;

use crate::{MigrationError, Migrator};

/// The key of the lock that makes concurrent runs wait for one another: "gantry" in ASCII.
const LOCK_KEY: i64 = 0x6761_6e74_7279;

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
/// The database cannot be reached or refused a statement; then nothing was changed.
pub async fn up(database_url: &str) -> Result<usize, MigrationError> {
    let connection = connect(database_url).await?;
    let transaction = connection.begin().await?;
    lock(&transaction).await?;
    let missing = Migrator::get_pending_migrations(&transaction).await?.len();
    Migrator::up(&transaction, None).await?;
    transaction.commit().await?;
    connection.close().await?;
    Ok(missing)
}

/// Undoes the newest `steps` migrations, all or none, and says how many there were. Their data is lost.
///
/// # Errors
/// The database cannot be reached or refused a statement; then nothing was changed.
pub async fn down(database_url: &str, steps: u32) -> Result<usize, MigrationError> {
    let connection = connect(database_url).await?;
    let transaction = connection.begin().await?;
    lock(&transaction).await?;
    let before = Migrator::get_applied_migrations(&transaction).await?.len();
    Migrator::down(&transaction, Some(steps)).await?;
    let after = Migrator::get_applied_migrations(&transaction).await?.len();
    transaction.commit().await?;
    connection.close().await?;
    Ok(before - after)
}

/// Lists every migration and whether the database has it.
///
/// # Errors
/// The database cannot be reached.
pub async fn status(database_url: &str) -> Result<Vec<MigrationStatus>, MigrationError> {
    let connection = connect(database_url).await?;
    let transaction = connection.begin().await?;
    lock(&transaction).await?;
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

async fn connect(database_url: &str) -> Result<DatabaseConnection, MigrationError> {
    let mut options = ConnectOptions::new(database_url);
    options.max_connections(1).sqlx_logging(false);
    Ok(Database::connect(options).await?)
}

/// Held until the transaction ends, however it ends.
async fn lock(transaction: &impl ConnectionTrait) -> Result<(), MigrationError> {
    transaction
        .execute_unprepared(&format!("SELECT pg_advisory_xact_lock({LOCK_KEY})"))
        .await?;
    Ok(())
}
