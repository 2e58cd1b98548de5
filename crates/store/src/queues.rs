//! How queues are doing, as far as a transaction sees their jobs.

use gantry_domain::{Pause, QueueDepth, QueueName, QueueStatus};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult};

use crate::StoreError;
use crate::pauses::pause;
use crate::statement::{column, statement, word};

/// How many queues are listed.
const LISTED_LIMIT_QUEUES: u32 = 1_000;

/// The queues that workers serve, kinds name, jobs wait or run in, or that are paused, by name: all of them, or the one of
/// that name. Live jobs have an index of their own, so finished ones are never looked at.
pub(crate) async fn list(
    transaction: &DatabaseTransaction,
    only: Option<&QueueName>,
) -> Result<Vec<QueueStatus>, StoreError> {
    let sql = format!(
        "WITH waiting AS (
            SELECT queue, count(*) FILTER (WHERE priority = 'high') AS high,
                count(*) FILTER (WHERE priority = 'normal') AS normal, count(*) FILTER (WHERE priority = 'low') AS low,
                count(*) AS total, min(queued_at) AS oldest_waiting_at
            FROM jobs WHERE state = 'queued' AND queued_at IS NOT NULL AND finished_at IS NULL GROUP BY queue
        ), running AS (
            SELECT queue, count(*) AS jobs FROM jobs
            WHERE state = 'running' AND queued_at IS NOT NULL AND finished_at IS NULL GROUP BY queue
        ), served AS (
            SELECT queue, count(*) FILTER (WHERE state = 'active' AND lease_expires_at > now()) AS workers
            FROM workers CROSS JOIN unnest(queues) AS queue GROUP BY queue
        ), paused AS (
            SELECT * FROM pauses WHERE scope = 'queue'
        ), names AS (
            SELECT queue FROM waiting UNION SELECT queue FROM running UNION SELECT queue FROM served
            UNION SELECT queue FROM kinds UNION SELECT subject FROM paused
        )
        SELECT names.queue, high, normal, low, total, oldest_waiting_at, running.jobs AS running, workers,
            paused.*
        FROM names LEFT JOIN waiting USING (queue) LEFT JOIN running USING (queue) LEFT JOIN served USING (queue)
        LEFT JOIN paused ON paused.subject = names.queue
        WHERE $1::text IS NULL OR names.queue = $1
        ORDER BY names.queue LIMIT {LISTED_LIMIT_QUEUES}"
    );
    let only = only.map(|queue| queue.as_str().to_owned());
    let rows = transaction
        .query_all_raw(statement(&sql, [only.into()]))
        .await?;
    rows.iter().map(queue_status).collect()
}

fn queue_status(row: &QueryResult) -> Result<QueueStatus, StoreError> {
    let number = |name| Ok::<_, StoreError>(column::<Option<i64>>(row, name)?.unwrap_or(0));
    Ok(QueueStatus {
        name: word(row, "queue")?,
        depth: QueueDepth {
            high: number("high")?.unsigned_abs(),
            normal: number("normal")?.unsigned_abs(),
            low: number("low")?.unsigned_abs(),
            total: number("total")?.unsigned_abs(),
        },
        oldest_waiting_at: column(row, "oldest_waiting_at")?,
        running: number("running")?.unsigned_abs(),
        workers: u32::try_from(number("workers")?).unwrap_or(u32::MAX),
        paused: paused(row)?,
        rates: None,
    })
}

fn paused(row: &QueryResult) -> Result<Option<Pause>, StoreError> {
    let is_paused = column::<Option<String>>(row, "scope")?.is_some();
    is_paused.then(|| pause(row)).transpose()
}
