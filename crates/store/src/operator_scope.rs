//! What operators do for all tenants: each call opens the door `operate` for its own transaction.

mod pauses;

pub use pauses::{PauseOutcome, PauseWish};

use sea_orm::{ConnectionTrait, DatabaseTransaction};

use crate::StoreError;
use crate::connection::Pool;
use crate::door::Door;
use crate::statement::statement;

/// What concerns every tenant. Whether the caller is an operator is for the API to know.
#[derive(Debug, Clone, Copy)]
pub struct OperatorScope<'a> {
    connection: &'a Pool,
}

impl<'a> OperatorScope<'a> {
    pub(crate) const fn new(connection: &'a Pool) -> Self {
        Self { connection }
    }

    /// A transaction that stands in the door; the setting ends with it, so the pool leaks nothing.
    async fn begin(&self) -> Result<DatabaseTransaction, StoreError> {
        let transaction = self.connection.begin().await?;
        transaction
            .execute_raw(statement(
                "SELECT set_config('app.door', $1, true)",
                [Door::Operate.name().into()],
            ))
            .await?;
        Ok(transaction)
    }
}
