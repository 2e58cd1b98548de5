//! Cancelled by its worker: a run that was told to end has ended.

use gantry_domain::JobFailure;
use uuid::Uuid;

use super::run::{FENCE, ended_run, run_arrays};
use super::{EndedRun, Run};
use crate::StoreError;
use crate::connection::Pool;
use crate::statement::statement;

/// Marks the jobs of those runs cancelled that are still this worker's and whose end someone asked for.
pub(crate) async fn mark_cancelled(
    connection: &Pool,
    worker_id: Uuid,
    runs: &[Run],
    error: &JobFailure,
) -> Result<Vec<EndedRun>, StoreError> {
    let (ids, dispatches) = run_arrays(runs.iter().copied());
    let sql = format!(
        "UPDATE jobs SET state = 'cancelled', finished_at = now(), error = $4, log_seq = 0
         FROM unnest($2::uuid[], $3::int[]) AS settled (job_id, dispatch)
         WHERE {FENCE} AND jobs.cancel_requested_at IS NOT NULL
         RETURNING jobs.id, jobs.dispatch, jobs.has_children"
    );
    let rows = connection
        .query_all_raw(statement(
            &sql,
            [
                worker_id.into(),
                ids.into(),
                dispatches.into(),
                serde_json::json!(error).into(),
            ],
        ))
        .await?;
    rows.iter().map(ended_run).collect()
}
