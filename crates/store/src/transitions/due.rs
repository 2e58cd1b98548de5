//! Due: a scheduled job's time has come.

use gantry_domain::Doorbell;

use super::run::{DOORBELL_COLUMNS, doorbell};
use crate::StoreError;
use crate::connection::Pool;
use crate::statement::statement;

/// Queues at most `limit` jobs whose time has come, the longest overdue first.
pub(crate) async fn enqueue_due(
    connection: &Pool,
    limit: u32,
) -> Result<Vec<Doorbell>, StoreError> {
    let sql = format!(
        "WITH due AS (
            SELECT id FROM jobs
            WHERE state = 'scheduled' AND queued_at IS NULL AND finished_at IS NULL AND run_at <= now()
            ORDER BY run_at LIMIT $1 FOR UPDATE SKIP LOCKED
        )
        UPDATE jobs SET state = 'queued', queued_at = now(), dispatch = jobs.dispatch + 1
        FROM due WHERE jobs.id = due.id AND jobs.state = 'scheduled'
        RETURNING {DOORBELL_COLUMNS}"
    );
    let rows = connection
        .query_all_raw(statement(&sql, [i64::from(limit).into()]))
        .await?;
    rows.iter().map(doorbell).collect()
}
