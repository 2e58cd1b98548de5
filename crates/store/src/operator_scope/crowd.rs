//! Who else waits and runs where a job waits, counted over all tenants.

use gantry_domain::{KindName, QueueName, TenantId};
use sea_orm::ConnectionTrait;

use super::OperatorScope;
use crate::StoreError;
use crate::statement::{column, statement};
use crate::tenant_scope::COUNTED_LIMIT_JOBS;

/// Who else waits and runs where a job waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Crowd {
    /// How many live workers of its queue can run its kind.
    pub workers: u64,
    /// How many jobs they run at a time.
    pub places: u64,
    /// How many they run now.
    pub taken: u64,
    /// How many jobs of its kind run, as a limit for it counts them: without those on machines of tenants' own.
    pub kind_running: u64,
    /// How many jobs of other tenants wait in its queue, up to 10,000.
    pub others_waiting: u64,
}

impl OperatorScope<'_> {
    /// Who else waits and runs where a job of this queue, kind and tenant waits. Numbers alone: the caller decides which
    /// of them a person may know.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn crowd(
        &self,
        queue: &QueueName,
        kind: &KindName,
        tenant_id: TenantId,
    ) -> Result<Crowd, StoreError> {
        let transaction = self.begin().await?;
        let sql = format!(
            "WITH serving AS (
                SELECT id, concurrency FROM workers
                WHERE state = 'active' AND lease_expires_at > now() AND $1 = ANY (queues) AND $2 = ANY (kinds)
            ), running AS MATERIALIZED (
                SELECT worker_id, kind FROM jobs WHERE state = 'running' AND queued_at IS NOT NULL AND finished_at IS NULL
            )
            SELECT (SELECT count(*) FROM serving) AS workers,
                (SELECT COALESCE(sum(concurrency), 0)::bigint FROM serving) AS places,
                (SELECT count(*) FROM running WHERE worker_id IN (SELECT id FROM serving)) AS taken,
                (SELECT count(*) FROM running LEFT JOIN workers ON workers.id = worker_id WHERE kind = $2 AND token_id IS NULL)
                    AS kind_running,
                (SELECT count(*) FROM (
                    SELECT FROM jobs
                    WHERE state = 'queued' AND queued_at IS NOT NULL AND finished_at IS NULL AND queue = $1 AND tenant_id <> $3
                    LIMIT {COUNTED_LIMIT_JOBS}
                ) AS others) AS others_waiting"
        );
        let row = transaction
            .query_one_raw(statement(
                &sql,
                [
                    queue.as_str().into(),
                    kind.as_str().into(),
                    tenant_id.as_uuid().into(),
                ],
            ))
            .await?;
        transaction.commit().await?;
        let Some(row) = row else {
            return Ok(Crowd::default());
        };
        let number = |name| Ok::<_, StoreError>(column::<i64>(&row, name)?.unsigned_abs());
        Ok(Crowd {
            workers: number("workers")?,
            places: number("places")?,
            taken: number("taken")?,
            kind_running: number("kind_running")?,
            others_waiting: number("others_waiting")?,
        })
    }
}
