//! Connections that take a service's role, and with it its rights, before their first statement.

use std::time::Duration;

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbErr,
    ExecResult, QueryResult, RuntimeErr, Statement, TransactionTrait,
};
use sqlx::{ConnectOptions as _, Connection, Error as SqlxError};
use tokio::time::timeout;

use crate::StoreError;
use crate::door::Door;
use crate::statement::{column, statement};

/// How to reach Postgres.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// `postgres://user:password@host:port/name`.
    pub database_url: String,
    /// The most connections the service opens for its usual statements.
    pub max_connections: u32,
    /// Whether a transaction pooler stands between: then the login must be the service's own, because no role can be
    /// taken for a session; every statement is prepared anew, in the transaction that runs it.
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

/// Connections to Postgres, for single statements and for transactions.
///
/// The driver prepares a statement and runs it in two steps. A transaction pooler may hand each step to another session,
/// so there every statement has a transaction around it that holds both together.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    connections: DatabaseConnection,
    behind_transaction_pooler: bool,
}

impl Pool {
    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let transaction = self.connections.begin().await?;
        if self.behind_transaction_pooler {
            // The driver numbers the statements it prepares and leaves them behind, so a session that served another
            // connection before holds some of the same names.
            transaction.execute_unprepared("DEALLOCATE ALL").await?;
        }
        Ok(transaction)
    }

    pub(crate) async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        if !self.behind_transaction_pooler {
            return self.connections.execute_raw(statement).await;
        }
        let transaction = self.begin().await?;
        let result = transaction.execute_raw(statement).await?;
        transaction.commit().await?;
        Ok(result)
    }

    pub(crate) async fn query_all_raw(
        &self,
        statement: Statement,
    ) -> Result<Vec<QueryResult>, DbErr> {
        if !self.behind_transaction_pooler {
            return self.connections.query_all_raw(statement).await;
        }
        let transaction = self.begin().await?;
        let rows = transaction.query_all_raw(statement).await?;
        transaction.commit().await?;
        Ok(rows)
    }

    pub(crate) async fn query_one_raw(
        &self,
        statement: Statement,
    ) -> Result<Option<QueryResult>, DbErr> {
        Ok(self.query_all_raw(statement).await?.into_iter().next())
    }

    /// Opens one connection beside the others and closes it again.
    ///
    /// The pool waits in silence while connections are refused, and in the end says only that it has waited; this says at
    /// once what is in the way.
    pub(crate) async fn reach(&self) -> Result<(), DbErr> {
        let pool = self.connections.get_postgres_connection_pool();
        let connect_options = pool.connect_options();
        let reached = timeout(ACQUIRE_TIMEOUT, async {
            connect_options.connect().await?.close().await
        });
        reached
            .await
            .unwrap_or(Err(SqlxError::PoolTimedOut))
            .map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(error.into())))
    }

    /// Whether Postgres answers.
    pub(crate) async fn ping(&self) -> Result<(), DbErr> {
        self.connections
            .execute_unprepared("SELECT 1")
            .await
            .map(drop)
    }
}

/// Opens a pool whose connections are made when first needed, so that a service can start before its database.
pub(crate) async fn open(
    options: &StoreOptions,
    max_connections: u32,
    role: ServiceRole,
    door: Option<Door>,
) -> Result<Pool, StoreError> {
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
            // Poolers refuse settings they do not know at the start of a session.
            return postgres
                .statement_cache_capacity(0)
                .extra_float_digits(None);
        }
        let postgres = postgres
            .application_name(role.name())
            .options([("role", role.name())]);
        match door {
            Some(door) => postgres.options([("app.door", door.name())]),
            None => postgres,
        }
    });
    Ok(Pool {
        connections: Database::connect(connect).await?,
        behind_transaction_pooler: behind_pooler,
    })
}

/// Refuses a login that row-level security does not hold, or that does not open the door the service needs.
pub(crate) async fn check_row_security(
    pool: &Pool,
    role: ServiceRole,
    door: Option<Door>,
) -> Result<(), StoreError> {
    pool.reach().await?;
    let row = pool
        .query_one_raw(statement(
            "SELECT row_security_active('jobs') AND pg_has_role(current_user, $1, 'USAGE') AS is_held,
                COALESCE(current_door(), '') AS door",
            [role.name().into()],
        ))
        .await?;
    let Some(row) = row else {
        return Err(StoreError::RowSecurityInactive { role: role.name() });
    };
    if !column::<bool>(&row, "is_held")? {
        return Err(StoreError::RowSecurityInactive { role: role.name() });
    }
    match door.map(Door::name) {
        Some(door) if column::<String>(&row, "door")? != door => Err(StoreError::DoorShut { door }),
        _ => Ok(()),
    }
}
