//! Redriven: someone asked for a finished job to be run again.

use gantry_domain::{Doorbell, JobId};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::run::{DOORBELL_COLUMNS, doorbell};
use crate::StoreError;
use crate::statement::statement;

/// What became of a wish to run a job again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedriveOutcome {
    /// It is queued again.
    Queued(Doorbell),
    /// It has not ended, or has succeeded.
    NotRedrivable,
    /// There is no such job in this tenant.
    NotFound,
}

/// Queues a failed or cancelled job again, with at least one attempt left and its losses forgiven.
pub(crate) async fn redrive(
    transaction: &DatabaseTransaction,
    job_id: JobId,
) -> Result<RedriveOutcome, StoreError> {
    let sql = format!(
        "WITH ended AS (
            SELECT id FROM jobs WHERE id = $1 AND state IN ('failed', 'cancelled') FOR UPDATE
        ), history AS (
            INSERT INTO job_attempts (job_id, attempt, tenant_id, worker_id, outcome, started_at, finished_at, error)
            SELECT jobs.id, attempt, tenant_id, worker_id, state, started_at, finished_at, error
            FROM jobs JOIN ended USING (id) WHERE attempt > 0
            ON CONFLICT (job_id, attempt) DO NOTHING
        )
        UPDATE jobs SET state = 'queued', queued_at = now(), run_at = now(), dispatch = dispatch + 1, losses = 0,
            max_attempts = greatest(max_attempts, attempt + 1), finished_at = NULL, cancel_requested_at = NULL,
            error = NULL, progress = NULL
        FROM ended WHERE jobs.id = ended.id
        RETURNING {DOORBELL_COLUMNS}"
    );
    let id = job_id.as_uuid();
    if let Some(row) = transaction
        .query_one_raw(statement(&sql, [id.into()]))
        .await?
    {
        return Ok(RedriveOutcome::Queued(doorbell(&row)?));
    }
    let exists = transaction
        .query_one_raw(statement("SELECT 1 FROM jobs WHERE id = $1", [id.into()]))
        .await?
        .is_some();
    Ok(if exists {
        RedriveOutcome::NotRedrivable
    } else {
        RedriveOutcome::NotFound
    })
}
