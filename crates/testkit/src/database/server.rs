//! Statements about whole databases, and the removal of those that killed tests left behind.

use std::time::{SystemTime, UNIX_EPOCH};

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::servers::database_url;

/// A test database older than this, with nobody connected, belongs to a test that was killed.
const LEFTOVER_AGE_SECONDS: u64 = 3600;

/// A name for a new test database that tells its age: `gantry_test_<seconds since 1970>_<random>`.
pub(super) fn new_name() -> String {
    format!(
        "gantry_test_{}_{}",
        seconds_since_1970(),
        Uuid::new_v4().simple()
    )
}

/// A connection to the server's own database, from which others are made and dropped.
pub(super) async fn connect() -> sqlx::Result<PgConnection> {
    PgConnection::connect(database_url()).await
}

/// Runs one statement in the server's own database.
pub(super) async fn execute(statement: &str) -> sqlx::Result<()> {
    let mut connection = connect().await?;
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(&mut connection)
        .await?;
    connection.close().await
}

/// Drops what killed tests left behind, once per test process. Another process that does the same is no trouble.
pub(super) async fn remove_leftovers() {
    static REMOVED: OnceCell<()> = OnceCell::const_new();
    REMOVED
        .get_or_init(|| async {
            for name in leftovers().await.unwrap_or_default() {
                // Another test process may have been faster.
                let _ = execute(&format!("DROP DATABASE IF EXISTS {name}")).await;
            }
        })
        .await;
}

async fn leftovers() -> sqlx::Result<Vec<String>> {
    let oldest_kept =
        i64::try_from(seconds_since_1970() - LEFTOVER_AGE_SECONDS).unwrap_or(i64::MAX);
    sqlx::query_scalar(
        "SELECT datname FROM pg_database \
         WHERE datname ~ '^gantry_test_[0-9]+_[0-9a-f]{32}$' AND split_part(datname, '_', 3)::bigint < $1 \
         AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE pg_stat_activity.datname = pg_database.datname)",
    )
    .bind(oldest_kept)
    .fetch_all(&mut connect().await?)
    .await
}

fn seconds_since_1970() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}
