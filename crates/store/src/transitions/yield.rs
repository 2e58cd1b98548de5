//! Released and snoozed: a run gives its job back, which costs no attempt.

use std::time::Duration;

use gantry_domain::{Doorbell, JobFailure, failure_code};
use uuid::Uuid;

use super::Run;
use super::run::{DOORBELL_COLUMNS, FENCE, doorbell, run, run_arrays};
use crate::StoreError;
use crate::connection::Pool;
use crate::statement::{bigint, column, seconds, statement};

/// A run that gives its job back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YieldedRun {
    /// The run.
    pub run: Run,
    /// The last log line it stored; the next run has the same attempt number and goes on from there.
    pub last_log_seq: u64,
}

/// Queues the jobs of those runs that are still this worker's again, for any worker to claim.
pub(crate) async fn release(
    connection: &Pool,
    worker_id: Uuid,
    yielded: &[YieldedRun],
) -> Result<Vec<Doorbell>, StoreError> {
    let (ids, dispatches) = run_arrays(yielded.iter().map(|yielded| yielded.run));
    let seqs: Vec<_> = yielded
        .iter()
        .map(|yielded| bigint(yielded.last_log_seq))
        .collect();
    let sql = format!(
        "UPDATE jobs SET attempt = attempt - 1, log_seq = settled.log_seq,
            state = CASE WHEN cancel_requested_at IS NULL THEN 'queued' ELSE 'cancelled' END,
            dispatch = CASE WHEN cancel_requested_at IS NULL THEN jobs.dispatch + 1 ELSE jobs.dispatch END,
            queued_at = CASE WHEN cancel_requested_at IS NULL THEN now() END,
            finished_at = CASE WHEN cancel_requested_at IS NULL THEN NULL ELSE now() END,
            error = CASE WHEN cancel_requested_at IS NULL THEN NULL ELSE $5 END
         FROM unnest($2::uuid[], $3::int[], $4::bigint[]) AS settled (job_id, dispatch, log_seq)
         WHERE {FENCE}
         RETURNING {DOORBELL_COLUMNS}, jobs.state = 'queued' AS waits"
    );
    let rows = connection
        .query_all_raw(statement(
            &sql,
            [
                worker_id.into(),
                ids.into(),
                dispatches.into(),
                seqs.into(),
                cancelled_error().into(),
            ],
        ))
        .await?;
    let mut doorbells = Vec::with_capacity(rows.len());
    for row in &rows {
        if column::<bool>(row, "waits")? {
            doorbells.push(doorbell(row)?);
        }
    }
    Ok(doorbells)
}

/// Schedules the job of a run that is still this worker's for later; says whether it was.
pub(crate) async fn snooze(
    connection: &Pool,
    worker_id: Uuid,
    yielded: YieldedRun,
    delay: Duration,
) -> Result<Option<Run>, StoreError> {
    let (ids, dispatches) = run_arrays([yielded.run].into_iter());
    let sql = format!(
        "UPDATE jobs SET attempt = attempt - 1, log_seq = $4,
            state = CASE WHEN cancel_requested_at IS NULL THEN 'scheduled' ELSE 'cancelled' END, queued_at = NULL,
            run_at = now() + make_interval(secs => $5),
            finished_at = CASE WHEN cancel_requested_at IS NULL THEN NULL ELSE now() END,
            error = CASE WHEN cancel_requested_at IS NULL THEN NULL ELSE $6 END
         FROM unnest($2::uuid[], $3::int[]) AS settled (job_id, dispatch)
         WHERE {FENCE}
         RETURNING jobs.id, jobs.dispatch"
    );
    let row = connection
        .query_one_raw(statement(
            &sql,
            [
                worker_id.into(),
                ids.into(),
                dispatches.into(),
                bigint(yielded.last_log_seq).into(),
                seconds(delay).into(),
                cancelled_error().into(),
            ],
        ))
        .await?;
    row.as_ref().map(run).transpose()
}

/// What a job shows whose run was given back after someone had asked for its end.
fn cancelled_error() -> serde_json::Value {
    serde_json::json!(JobFailure::new(
        failure_code::CANCELLED,
        "someone asked for the end of the job, and its run gave it back",
    ))
}
