//! Connections that take a service's role, and with it its rights, before their first statement.

use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};

use crate::StoreError;
use crate::door::Door;
use crate::statement::statement;

/// How to reach Postgres.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// `postgres://user:password@host:port/name`.
    pub database_url: String,
    /// The most connections the service opens for its usual statements.
    pub max_connections: u32,
    /// Whether a transaction pooler stands between: then the login must be the service's own, because no role can be
    /// taken for a session, and statements are not prepared beyond their transaction.
    pub behind_transaction_pooler: bool,
}

/// A service's role in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServiceRole {
    Api,
    Worker,
}

impl ServiceRole {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Api => "gantry_api",
            Self::Worker => "gantry_worker",
        }
    }
}

/// How long a statement waits for a free connection before it gives up as unavailable.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens a pool whose connections are made when first needed, so that a service can start before its database.
pub(crate) async fn open(
    options: &StoreOptions,
    max_connections: u32,
    role: ServiceRole,
    door: Option<Door>,
) -> Result<DatabaseConnection, StoreError> {
    let mut connect = ConnectOptions::new(&options.database_url);
    connect
        .max_connections(max_connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_lazy(true)
        .sqlx_logging(false)
        .test_before_acquire(false);
    let behind_pooler = options.behind_transaction_pooler;
    connect.map_sqlx_postgres_opts(move |postgres| {
        if behind_pooler {
            return postgres.statement_cache_capacity(0);
        }
        let postgres = postgres
            .application_name(role.name())
            .options([("role", role.name())]);
        match door {
            Some(door) => postgres.options([("app.door", door.name())]),
            None => postgres,
        }
    });
    Ok(Database::connect(connect).await?)
}

/// Refuses a login that row-level security does not hold.
pub(crate) async fn check_row_security(
    connection: &DatabaseConnection,
    role: ServiceRole,
) -> Result<(), StoreError> {
    let row = connection
        .query_one_raw(statement(
            "SELECT row_security_active('jobs') AND pg_has_role(current_user, $1, 'USAGE') AS is_held",
            [role.name().into()],
        ))
        .await?;
    let is_held = row
        .map(|row| row.try_get::<bool>("", "is_held"))
        .transpose()?;
    if is_held == Some(true) {
        Ok(())
    } else {
        Err(StoreError::RowSecurityInactive { role: role.name() })
    }
}
