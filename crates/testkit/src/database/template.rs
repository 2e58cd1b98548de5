//! The migrated template, made once per server and state of the migrations, however many test processes ask for it.

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::sync::OnceCell;

use super::{address_of, server};

/// Changes with every change of the migrations.
const NAME: &str = concat!("gantry_template_", env!("MIGRATIONS_FINGERPRINT"));

/// The key of the lock that makes test processes wait for one another: "template" in ASCII.
const LOCK_KEY: i64 = 0x7465_6d70_6c61_7465;

/// The name of the template, which exists when this returns.
pub(super) async fn name() -> &'static str {
    static READY: OnceCell<()> = OnceCell::const_new();
    READY
        .get_or_init(|| async {
            server::remove_leftovers().await;
            make_sure_it_exists()
                .await
                .unwrap_or_else(|error| panic!("the template {NAME} could not be made: {error}"));
        })
        .await;
    NAME
}

/// A database becomes a template as the last step, so that one without that mark is an interrupted attempt.
async fn make_sure_it_exists() -> sqlx::Result<()> {
    let mut connection = server::connect().await?;
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(LOCK_KEY)
        .execute(&mut connection)
        .await?;
    let finished: Option<bool> =
        sqlx::query_scalar("SELECT datistemplate FROM pg_database WHERE datname = $1")
            .bind(NAME)
            .fetch_optional(&mut connection)
            .await?;
    if finished != Some(true) {
        make(&mut connection).await?;
    }
    // The lock ends with the connection.
    connection.close().await
}

async fn make(connection: &mut PgConnection) -> sqlx::Result<()> {
    run(
        connection,
        &format!("DROP DATABASE IF EXISTS {NAME} WITH (FORCE)"),
    )
    .await?;
    run(
        connection,
        &format!("CREATE DATABASE {NAME} TEMPLATE template0"),
    )
    .await?;
    gantry_migrations::up(&address_of(NAME))
        .await
        .map_err(sqlx::Error::decode)?;
    // Nobody may connect any more: a database with connections cannot be cloned.
    run(
        connection,
        &format!("ALTER DATABASE {NAME} WITH ALLOW_CONNECTIONS false IS_TEMPLATE true"),
    )
    .await
}

async fn run(connection: &mut PgConnection, statement: &str) -> sqlx::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(connection)
        .await
        .map(drop)
}
