//! Connections that take a service's role, and with it its rights, before their first statement.

use std::sync::{Arc, PoisonError, RwLock};
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
    /// How long one statement may take. Postgres breaks a longer one off; where nothing comes back at all, the
    /// connection is given up as dead a little later.
    pub statement_timeout: Duration,
    /// Whether a transaction pooler stands between: then the login must be the service's own, because no role can be
    /// taken for a session; every statement is prepared anew, in the transaction that runs it.
    pub behind_transaction_pooler: bool,
}

/// A service's role in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServiceRole {
    Api,
    Worker,
    /// A machine of a tenant's own, under a login of its own.
    Enrolled,
}

impl ServiceRole {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Api => "gantry_api",
            Self::Worker => "gantry_worker",
            Self::Enrolled => "gantry_enrolled",
        }
    }
}

/// How long a statement waits for a free connection before it gives up as unavailable.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long after Postgres should have broken a statement off its connection is taken for dead.
const SILENCE_MARGIN: Duration = Duration::from_secs(2);
/// How many statements' time a transaction may take.
const TRANSACTION_STATEMENTS: u32 = 3;
/// When Postgres asks, and asks again, whether a client that is silent still lives, and after how many questions without
/// an answer it frees what the client held.
const KEEPALIVE_SECONDS: [(&str, &str); 3] = [
    ("tcp_keepalives_idle", "30"),
    ("tcp_keepalives_interval", "10"),
    ("tcp_keepalives_count", "3"),
];

/// Connections to Postgres, for single statements and for transactions.
///
/// A connection can die without a word: a machine or a network between loses it, and what was sent waits for minutes.
/// So every statement has a time limit, and where it passes without an answer, all connections are made anew: what
/// silenced one has silenced the others beside it.
///
/// The driver's futures are large, and whoever awaits one holds it within its own: so they are boxed here, and the
/// services' are not copied about by the kilobyte for each request.
///
/// The driver prepares a statement and runs it in two steps. A transaction pooler may hand each step to another session,
/// so there every statement has a transaction around it that holds both together.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    connections: Arc<RwLock<Arc<DatabaseConnection>>>,
    options: ConnectOptions,
    statement_timeout: Duration,
    behind_transaction_pooler: bool,
}

impl Pool {
    /// Opens a transaction. Whoever runs several statements in it does so [`Self::within_transaction_limit`].
    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        self.within_statement_limit(Box::pin(async {
            let transaction = self.connections().begin().await?;
            if self.behind_transaction_pooler {
                // The driver numbers the statements it prepares and leaves them behind, so a session that served another
                // connection before holds some of the same names.
                let beginning = format!(
                    "DEALLOCATE ALL; SET LOCAL statement_timeout = {}",
                    self.statement_timeout.as_millis()
                );
                transaction.execute_unprepared(&beginning).await?;
            }
            Ok(transaction)
        }))
        .await
    }

    pub(crate) async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        if !self.behind_transaction_pooler {
            let connections = self.connections();
            return self
                .within_statement_limit(Box::pin(connections.execute_raw(statement)))
                .await;
        }
        self.within_transaction_limit(Box::pin(async {
            let transaction = self.begin().await?;
            let result = transaction.execute_raw(statement).await?;
            transaction.commit().await?;
            Ok(result)
        }))
        .await
    }

    pub(crate) async fn query_all_raw(
        &self,
        statement: Statement,
    ) -> Result<Vec<QueryResult>, DbErr> {
        if !self.behind_transaction_pooler {
            let connections = self.connections();
            return self
                .within_statement_limit(Box::pin(connections.query_all_raw(statement)))
                .await;
        }
        self.within_transaction_limit(Box::pin(async {
            let transaction = self.begin().await?;
            let rows = transaction.query_all_raw(statement).await?;
            transaction.commit().await?;
            Ok(rows)
        }))
        .await
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
        let connections = self.connections();
        let pool = connections.get_postgres_connection_pool();
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
        let connections = self.connections();
        self.within_statement_limit(connections.execute_unprepared("SELECT 1"))
            .await
            .map(drop)
    }

    /// Gives up what one statement should have brought long ago.
    async fn within_statement_limit<T>(
        &self,
        work: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, DbErr> {
        let limit = ACQUIRE_TIMEOUT + self.statement_timeout + SILENCE_MARGIN;
        self.within(limit, work).await
    }

    /// Gives up what a transaction of a few statements should have brought long ago.
    pub(crate) async fn within_transaction_limit<T, E: From<DbErr>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let limit = ACQUIRE_TIMEOUT + self.statement_timeout * TRANSACTION_STATEMENTS;
        self.within(limit + SILENCE_MARGIN, work).await
    }

    /// Gives up what takes longer than `limit`, and with it every connection there is.
    pub(crate) async fn within<T, E: From<DbErr>>(
        &self,
        limit: Duration,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let silent = self.connections();
        if let Ok(done) = timeout(limit, work).await {
            return done;
        }
        self.replace(&silent).await?;
        let reason = format!("no answer within {} ms", limit.as_millis());
        Err(DbErr::Conn(RuntimeErr::Internal(reason)).into())
    }

    /// Makes all connections anew, unless another has done so since `silent` was looked at. Statements that still run on
    /// the former ones end as they do.
    async fn replace(&self, silent: &Arc<DatabaseConnection>) -> Result<(), DbErr> {
        let fresh = Arc::new(Database::connect(self.options.clone()).await?);
        let mut connections = self
            .connections
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&connections, silent) {
            *connections = fresh;
        }
        Ok(())
    }

    fn connections(&self) -> Arc<DatabaseConnection> {
        // Nothing panics while it holds the lock.
        let connections = self
            .connections
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&connections)
    }
}

/// Opens a pool whose connections are made when first needed, so that a service can start before its database.
pub(crate) async fn open(
    options: &StoreOptions,
    max_connections: u32,
    role: ServiceRole,
    door: Option<Door>,
) -> Result<Pool, StoreError> {
    let connect = connect_options(options, max_connections, role, door);
    connect_to(connect, options).await
}

/// Opens a pool of one connection that is kept for as long as it lives: a server without a free connection takes it away
/// from nobody.
pub(crate) async fn open_lasting(
    options: &StoreOptions,
    role: ServiceRole,
    door: Option<Door>,
) -> Result<Pool, StoreError> {
    let mut connect = connect_options(options, 1, role, door);
    connect
        .max_lifetime(None::<Duration>)
        .idle_timeout(None::<Duration>);
    connect_to(connect, options).await
}

async fn connect_to(connect: ConnectOptions, options: &StoreOptions) -> Result<Pool, StoreError> {
    let connections = Database::connect(connect.clone()).await?;
    Ok(Pool {
        connections: Arc::new(RwLock::new(Arc::new(connections))),
        options: connect,
        statement_timeout: options.statement_timeout,
        behind_transaction_pooler: options.behind_transaction_pooler,
    })
}

fn connect_options(
    options: &StoreOptions,
    max_connections: u32,
    role: ServiceRole,
    door: Option<Door>,
) -> ConnectOptions {
    let mut connect = ConnectOptions::new(&options.database_url);
    connect
        .max_connections(max_connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_lazy(true)
        .sqlx_logging(false)
        .test_before_acquire(false);
    let behind_pooler = options.behind_transaction_pooler;
    let statement_timeout = options.statement_timeout.as_millis().to_string();
    connect.map_sqlx_postgres_opts(move |postgres| {
        if behind_pooler {
            // Poolers refuse settings they do not know at the start of a session.
            return postgres
                .statement_cache_capacity(0)
                .extra_float_digits(None);
        }
        let postgres = postgres
            .application_name(role.name())
            .options([("role", role.name())])
            .options([
                ("statement_timeout", &statement_timeout),
                ("idle_in_transaction_session_timeout", &statement_timeout),
            ])
            .options(KEEPALIVE_SECONDS);
        match door {
            Some(door) => postgres.options([("app.door", door.name())]),
            None => postgres,
        }
    });
    connect
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
        _ => check_schema(pool).await,
    }
}

/// The newest migration whose schema this version writes to.
pub(crate) const NEWEST_MIGRATION: &str = "m0016_enrolment";

/// Refuses a schema that lacks what this version writes. One that has more is welcome.
async fn check_schema(pool: &Pool) -> Result<(), StoreError> {
    let behind = StoreError::SchemaBehind {
        migration: NEWEST_MIGRATION,
    };
    let is_readable = pool
        .query_one_raw(statement(
            "SELECT has_table_privilege('seaql_migrations', 'SELECT') AS is_readable",
            [],
        ))
        .await?;
    let is_readable = is_readable.map(|row| column::<bool>(&row, "is_readable"));
    if !is_readable.transpose()?.unwrap_or(false) {
        return Err(behind);
    }
    let applied = pool
        .query_one_raw(statement(
            "SELECT FROM seaql_migrations WHERE version = $1",
            [NEWEST_MIGRATION.into()],
        ))
        .await?;
    applied.map(drop).ok_or(behind)
}
