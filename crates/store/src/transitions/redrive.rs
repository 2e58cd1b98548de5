//! Redriven: someone asked for finished jobs to be run again.

use gantry_domain::{Doorbell, JobId};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use uuid::Uuid;

use super::run::{DOORBELL_COLUMNS, doorbell};
use super::unique_key::HOLDER_OF_UNIQUE_KEY;
use crate::StoreError;
use crate::statement::{column, statement};

/// What became of a wish to run a job again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedriveOutcome {
    /// It is queued again.
    Queued(Doorbell),
    /// It has not ended, or has succeeded.
    NotRedrivable,
    /// Another live job holds its unique key.
    UniqueKeyTaken {
        /// That job; none when it has ended just now, and asking again helps.
        live_job_id: Option<JobId>,
    },
    /// There is no such job in this tenant.
    NotFound,
}

/// Queues those of the jobs again that failed or were cancelled and whose unique key is free, with at least one attempt
/// left and their losses forgiven; of several with one unique key only the newest.
pub(crate) async fn redrive(
    transaction: &DatabaseTransaction,
    job_ids: &[JobId],
) -> Result<Vec<Doorbell>, StoreError> {
    let sql = format!(
        "WITH free AS (
            SELECT id, kind, unique_key FROM jobs
            WHERE id = ANY ($1) AND state IN ('failed', 'cancelled') AND NOT EXISTS ({HOLDER_OF_UNIQUE_KEY})
            ORDER BY id FOR UPDATE
        ), ended AS (
            SELECT id FROM free WHERE unique_key IS NULL
            UNION ALL
            (SELECT DISTINCT ON (kind, unique_key) id FROM free WHERE unique_key IS NOT NULL
                ORDER BY kind, unique_key, id DESC)
        ), history AS (
            INSERT INTO job_attempts (job_id, attempt, tenant_id, worker_id, outcome, started_at, finished_at, error)
            SELECT jobs.id, attempt, tenant_id, worker_id, state, started_at, finished_at, error
            FROM jobs JOIN ended USING (id) WHERE attempt > 0
            ON CONFLICT (job_id, attempt) DO NOTHING
        )
        UPDATE jobs SET state = 'queued', queued_at = now(), run_at = now(), dispatch = dispatch + 1, losses = 0,
            max_attempts = greatest(max_attempts, attempt + 1), finished_at = NULL, cancel_requested_at = NULL,
            error = NULL, progress = NULL, waiting_for = 0, run_after = NULL
        FROM ended WHERE jobs.id = ended.id
        RETURNING {DOORBELL_COLUMNS}"
    );
    let ids: Vec<Uuid> = job_ids.iter().map(|id| id.as_uuid()).collect();
    let rows = transaction
        .query_all_raw(statement(&sql, [ids.into()]))
        .await?;
    rows.iter().map(doorbell).collect()
}

/// Queues one job again, or says what stands in the way.
pub(crate) async fn redrive_one(
    transaction: &DatabaseTransaction,
    job_id: JobId,
) -> Result<RedriveOutcome, StoreError> {
    if let Some(doorbell) = redrive(transaction, &[job_id]).await?.pop() {
        return Ok(RedriveOutcome::Queued(doorbell));
    }
    let sql = format!(
        "SELECT state IN ('failed', 'cancelled') AS has_ended, ({HOLDER_OF_UNIQUE_KEY}) AS live_job_id
         FROM jobs WHERE id = $1"
    );
    let row = transaction
        .query_one_raw(statement(&sql, [job_id.as_uuid().into()]))
        .await?;
    let Some(row) = row else {
        return Ok(RedriveOutcome::NotFound);
    };
    if !column::<bool>(&row, "has_ended")? {
        return Ok(RedriveOutcome::NotRedrivable);
    }
    let live_job_id: Option<Uuid> = column(&row, "live_job_id")?;
    Ok(RedriveOutcome::UniqueKeyTaken {
        live_job_id: live_job_id.map(JobId::from_uuid),
    })
}
