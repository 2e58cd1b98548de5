//! Cancelled by a person: a waiting job ends at once, a running one is told to.

use gantry_domain::{JobFailure, JobId, JobState, WorkerId};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use crate::StoreError;
use crate::statement::{column, count, statement, word};

/// What became of a wish to end a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelOutcome {
    /// It was waiting and is cancelled now.
    Cancelled,
    /// It is running; its worker is to be told.
    Requested {
        /// The worker that runs it.
        worker_id: WorkerId,
        /// Which dispatch it runs.
        dispatch: u32,
    },
    /// It had ended before.
    AlreadyEnded,
    /// There is no such job in this tenant.
    NotFound,
}

/// Ends a waiting job, or writes down that a running one is to end.
pub(crate) async fn cancel(
    transaction: &DatabaseTransaction,
    job_id: JobId,
    error: &JobFailure,
) -> Result<CancelOutcome, StoreError> {
    let sql = "
        UPDATE jobs SET cancel_requested_at = COALESCE(cancel_requested_at, now()),
            state = CASE state WHEN 'running' THEN 'running' ELSE 'cancelled' END,
            finished_at = CASE state WHEN 'running' THEN NULL ELSE now() END,
            error = CASE state WHEN 'running' THEN error ELSE $2 END,
            queued_at = NULL
        WHERE id = $1 AND state IN ('scheduled', 'queued', 'running')
        RETURNING state, worker_id, dispatch";
    let row = transaction
        .query_one_raw(statement(
            sql,
            [job_id.as_uuid().into(), serde_json::json!(error).into()],
        ))
        .await?;
    let Some(row) = row else {
        let exists = transaction
            .query_one_raw(statement(
                "SELECT 1 FROM jobs WHERE id = $1",
                [job_id.as_uuid().into()],
            ))
            .await?
            .is_some();
        return Ok(if exists {
            CancelOutcome::AlreadyEnded
        } else {
            CancelOutcome::NotFound
        });
    };
    if word::<JobState>(&row, "state")? == JobState::Running {
        return Ok(CancelOutcome::Requested {
            worker_id: WorkerId::from_uuid(column(&row, "worker_id")?),
            dispatch: count("dispatch", column(&row, "dispatch")?)?,
        });
    }
    Ok(CancelOutcome::Cancelled)
}
