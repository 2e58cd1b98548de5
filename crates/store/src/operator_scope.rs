//! What operators do for all tenants: each call opens the door `operate` for its own transaction.

mod agreed_rate;
mod audit;
mod crowd;
mod limits;
mod pauses;

pub use crowd::Crowd;
pub use limits::LimitOutcome;
pub use pauses::{PauseOutcome, PauseWish};

use gantry_domain::{AuditOrigin, Doorbell, QueueName, QueueStatus};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use crate::connection::Pool;
use crate::dispatch_rules::NOT_PAUSED;
use crate::door::Door;
use crate::statement::statement;
use crate::transitions::{DOORBELL_COLUMNS, doorbell};
use crate::{StoreError, queues};

/// What concerns every tenant. Whether the caller is an operator is for the API to know.
#[derive(Debug, Clone, Copy)]
pub struct OperatorScope<'a> {
    connection: &'a Pool,
    origin: Option<&'a AuditOrigin>,
}

impl<'a> OperatorScope<'a> {
    pub(crate) const fn new(connection: &'a Pool) -> Self {
        Self {
            connection,
            origin: None,
        }
    }

    /// The same, with what is to be audited done by this actor; the service itself does it otherwise.
    pub const fn on_behalf_of(self, origin: &'a AuditOrigin) -> Self {
        Self {
            origin: Some(origin),
            ..self
        }
    }

    /// How queues are doing, the jobs of all tenants counted; all of them, or the one of that name. Without rates.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn queues(&self, only: Option<&QueueName>) -> Result<Vec<QueueStatus>, StoreError> {
        let transaction = self.begin().await?;
        let queues = queues::list(&transaction, only).await?;
        transaction.commit().await?;
        Ok(queues)
    }

    /// The words for at most `limit` queued jobs for which `condition` holds of the text `$1` and that are not paused, those
    /// that wait the longest first.
    async fn oldest_of(
        &self,
        condition: &str,
        text: String,
        limit: u32,
    ) -> Result<Vec<Doorbell>, StoreError> {
        let transaction = self.begin().await?;
        let sql = format!(
            "SELECT {DOORBELL_COLUMNS} FROM jobs
             WHERE state = 'queued' AND queued_at IS NOT NULL AND finished_at IS NULL AND {condition} AND {NOT_PAUSED}
             ORDER BY queued_at LIMIT $2"
        );
        let rows = transaction
            .query_all_raw(statement(&sql, [text.into(), i64::from(limit).into()]))
            .await?;
        transaction.commit().await?;
        rows.iter().map(doorbell).collect()
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
