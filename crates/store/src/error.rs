//! What can go wrong between a service and Postgres.

use sea_orm::{DbErr, RuntimeErr, SqlErr, SqlxError};

/// What can go wrong between a service and Postgres.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Postgres cannot be reached, is starting or stopping, has no connection left, or broke a statement off in favour of
    /// another; trying again may help.
    #[error("Postgres is unavailable: {0}")]
    Unavailable(#[source] DbErr),
    /// Postgres refused a statement: a defect or a schema of another version.
    #[error("Postgres refused a statement: {0}")]
    Statement(#[source] DbErr),
    /// A row holds what this version does not understand.
    #[error("the column {column} holds what this version does not understand: {reason}")]
    UnknownContent {
        /// The column.
        column: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The database lacks the schema or parts of it.
    #[error("the database lacks Gantry's schema: run `gantry-migrate up`")]
    SchemaMissing,
    /// The database's schema is older than this version.
    #[error("the database lacks Gantry's migration {migration}: run `gantry-migrate up`")]
    SchemaBehind {
        /// The newest migration this version needs.
        migration: &'static str,
    },
    /// The login can see every tenant's rows.
    #[error(
        "the database login is not held by row-level security: let it be the owner or a member of {role} without BYPASSRLS"
    )]
    RowSecurityInactive {
        /// The role whose rights the service needs.
        role: &'static str,
    },
    /// No operator's worker ever announced a kind that this machine of a tenant's own can run.
    #[error(
        "no operator's worker has announced any of this worker's kinds, and an enrolled worker announces none: ask the \
         operator to run a worker with the same kinds file once"
    )]
    NoAnnouncedKind,
    /// A session of a machine that is put out was told to end, and has not.
    #[error("a session of the machine has not ended yet; try again")]
    SessionRemains,
    /// The login of a service behind a transaction pooler lacks the setting that opens its door.
    #[error(
        "the database login does not open the door {door}: run `ALTER ROLE … SET app.door = '{door}'` for it"
    )]
    DoorShut {
        /// The door the service needs.
        door: &'static str,
    },
}

impl StoreError {
    /// Whether a row would have stood beside one that must be alone.
    pub(crate) fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Statement(error)
            if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))))
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        match &error {
            // A server on which nothing was ever migrated lacks the role that the connection is to take.
            DbErr::Conn(RuntimeErr::SqlxError(cause)) if is_role_missing(cause) => {
                Self::SchemaMissing
            }
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Self::Unavailable(error),
            DbErr::Exec(RuntimeErr::SqlxError(cause))
            | DbErr::Query(RuntimeErr::SqlxError(cause)) => {
                if is_unavailable(cause) {
                    Self::Unavailable(error)
                } else if is_schema_missing(cause) {
                    Self::SchemaMissing
                } else {
                    Self::Statement(error)
                }
            }
            _ => Self::Statement(error),
        }
    }
}

/// Whether the connection, not the statement, is at fault.
fn is_unavailable(error: &SqlxError) -> bool {
    match error {
        SqlxError::Io(_)
        | SqlxError::Tls(_)
        | SqlxError::Protocol(_)
        | SqlxError::PoolTimedOut
        | SqlxError::PoolClosed
        | SqlxError::WorkerCrashed => true,
        // Classes 08 (connection), 40 (rolled back, for instance to end a deadlock), 53 (out of resources) and 57
        // (operator intervention).
        SqlxError::Database(cause) => cause.code().is_some_and(|code| {
            ["08", "40", "53", "57"]
                .iter()
                .any(|class| code.starts_with(class))
        }),
        _ => false,
    }
}

/// The role that a connection is to take from its start is an unusable value of a setting.
fn is_role_missing(error: &SqlxError) -> bool {
    matches!(error, SqlxError::Database(cause)
        if cause.code().as_deref() == Some("22023") && cause.message().contains("gantry_"))
}

/// Undefined table, column, role or function.
fn is_schema_missing(error: &SqlxError) -> bool {
    matches!(error, SqlxError::Database(cause)
        if cause.code().is_some_and(|code| matches!(&*code, "42P01" | "42703" | "42704" | "42883")))
}
