//! The locks of a migration: waited for a moment, because everyone else waits behind it, and then asked for anew.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbErr,
    RuntimeErr, Statement, TransactionTrait,
};
use tokio::time::sleep;

use crate::MigrationError;

/// The key of the lock that makes concurrent runs wait for one another: "gantry" in ASCII.
const RUN_KEY: i64 = 0x6761_6e74_7279;
/// How long a table's lock is waited for.
const LOCK_TIMEOUT_SECONDS: u32 = 3;
/// How often the whole is begun before it is given up.
const ATTEMPTS: u32 = 3;
/// How long others have their turn between two attempts.
const PAUSE: Duration = Duration::from_secs(2);
/// How often machines of tenants' own are looked after that could hold a lock, and how long their transactions may last
/// meanwhile.
const MACHINES_INTERVAL: Duration = Duration::from_millis(500);
/// What Postgres answers when a lock was not to be had: `lock_not_available`, and `deadlock_detected`.
const LOCKED: [&str; 2] = ["55P03", "40P01"];

/// Does `work` in one transaction, alone among concurrent runs, and commits it.
///
/// # Errors
/// [`MigrationError::Locked`] when others hold a table that is to be changed; otherwise what `work` meets.
pub(crate) async fn in_one_transaction<T>(
    database_url: &str,
    work: impl AsyncFn(&DatabaseTransaction) -> Result<T, DbErr>,
) -> Result<T, MigrationError> {
    let connection = connect(database_url).await?;
    let done = tokio::select! {
        done = patiently(&connection, work) => done?,
        never = keep_machines_off(database_url) => match never {},
    };
    connection.close().await?;
    Ok(done)
}

/// Waits until no other run is under way, and keeps others waiting until the transaction ends, however it ends.
pub(crate) async fn take_turn(transaction: &DatabaseTransaction) -> Result<(), DbErr> {
    let lock = format!("SELECT pg_advisory_xact_lock({RUN_KEY})");
    transaction.execute_unprepared(&lock).await?;
    Ok(())
}

/// One connection to the database.
pub(crate) async fn connect(database_url: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(database_url);
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await
}

async fn patiently<T>(
    connection: &DatabaseConnection,
    work: impl AsyncFn(&DatabaseTransaction) -> Result<T, DbErr>,
) -> Result<T, MigrationError> {
    for _ in 1..ATTEMPTS {
        match once(connection, &work).await {
            Err(error) if is_locked(&error) => sleep(PAUSE).await,
            done => return Ok(done?),
        }
    }
    once(connection, &work).await.map_err(|error| {
        if is_locked(&error) {
            MigrationError::Locked
        } else {
            error.into()
        }
    })
}

async fn once<T>(
    connection: &DatabaseConnection,
    work: impl AsyncFn(&DatabaseTransaction) -> Result<T, DbErr>,
) -> Result<T, DbErr> {
    let transaction = connection.begin().await?;
    take_turn(&transaction).await?;
    let limit = format!("SET LOCAL lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'");
    transaction.execute_unprepared(&limit).await?;
    let done = work(&transaction).await?;
    transaction.commit().await?;
    Ok(done)
}

fn is_locked(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) =
        error
    else {
        return false;
    };
    let code = cause.as_database_error().and_then(|cause| cause.code());
    code.is_some_and(|code| LOCKED.contains(&&*code))
}

/// Ends transactions of tenants' machines that last, so that none of them can keep a migration from its locks: whoever comes
/// later waits behind it. What cannot be done is left to the attempts.
async fn keep_machines_off(database_url: &str) -> Infallible {
    let Ok(connection) = connect(database_url).await else {
        return pending().await;
    };
    loop {
        // Errors are those of a schema that is not there yet, or not any more.
        let _ = end_long_transactions(&connection).await;
        sleep(MACHINES_INTERVAL).await;
    }
}

async fn end_long_transactions(connection: &DatabaseConnection) -> Result<(), DbErr> {
    let backend = connection.get_database_backend();
    let name = "end_enrolled_transactions(interval)";
    let known = format!("SELECT WHERE to_regprocedure('{name}') IS NOT NULL");
    let known = Statement::from_string(backend, known);
    if connection.query_one_raw(known).await?.is_some() {
        let limit = MACHINES_INTERVAL.as_millis();
        let end = format!("SELECT end_enrolled_transactions(interval '{limit} ms')");
        connection.execute_unprepared(&end).await?;
    }
    Ok(())
}
