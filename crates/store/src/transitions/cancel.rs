//! Cancelled by a person: waiting jobs end at once, running ones are told to.

use gantry_domain::{JobFailure, JobId, JobState, WorkerId};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use uuid::Uuid;

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

/// Ends those of the jobs that wait, and writes down that those that run are to end; leaves the others out.
pub(crate) async fn cancel(
    transaction: &DatabaseTransaction,
    job_ids: &[JobId],
    error: &JobFailure,
) -> Result<Vec<(JobId, CancelOutcome)>, StoreError> {
    // Locked in one order, so that two who end the same jobs do not wait for each other.
    let sql = "
        WITH live AS (
            SELECT id FROM jobs WHERE id = ANY ($1) AND state IN ('scheduled', 'queued', 'running')
            ORDER BY id FOR UPDATE
        )
        UPDATE jobs SET cancel_requested_at = COALESCE(cancel_requested_at, now()),
            state = CASE state WHEN 'running' THEN 'running' ELSE 'cancelled' END,
            finished_at = CASE state WHEN 'running' THEN NULL ELSE now() END,
            error = CASE state WHEN 'running' THEN error ELSE $2 END,
            queued_at = CASE WHEN state = 'running' THEN queued_at END
        FROM live WHERE jobs.id = live.id AND state IN ('scheduled', 'queued', 'running')
        RETURNING jobs.id, state, worker_id, dispatch";
    let ids: Vec<Uuid> = job_ids.iter().map(|id| id.as_uuid()).collect();
    let rows = transaction
        .query_all_raw(statement(
            sql,
            [ids.into(), serde_json::json!(error).into()],
        ))
        .await?;
    rows.iter()
        .map(|row| {
            let job_id = JobId::from_uuid(column(row, "id")?);
            if word::<JobState>(row, "state")? != JobState::Running {
                return Ok((job_id, CancelOutcome::Cancelled));
            }
            let requested = CancelOutcome::Requested {
                worker_id: WorkerId::from_uuid(column(row, "worker_id")?),
                dispatch: count("dispatch", column(row, "dispatch")?)?,
            };
            Ok((job_id, requested))
        })
        .collect()
}

/// Ends one job if it waits, or writes down that it is to end if it runs.
pub(crate) async fn cancel_one(
    transaction: &DatabaseTransaction,
    job_id: JobId,
    error: &JobFailure,
) -> Result<CancelOutcome, StoreError> {
    if let Some((_, outcome)) = cancel(transaction, &[job_id], error).await?.pop() {
        return Ok(outcome);
    }
    let exists = transaction
        .query_one_raw(statement(
            "SELECT 1 FROM jobs WHERE id = $1",
            [job_id.as_uuid().into()],
        ))
        .await?
        .is_some();
    Ok(if exists {
        CancelOutcome::AlreadyEnded
    } else {
        CancelOutcome::NotFound
    })
}
