//! Reading a job's attempts: those that ended early from their own table, the last one from the job's row.

use gantry_domain::{Attempt, AttemptOutcome, JobId, JobState};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult};

use crate::StoreError;
use crate::statement::{column, count, document, statement, word};

pub(super) async fn list(
    transaction: &DatabaseTransaction,
    job_id: JobId,
) -> Result<Option<Vec<Attempt>>, StoreError> {
    let id = job_id.as_uuid();
    let job = transaction
        .query_one_raw(statement(
            "SELECT jobs.attempt, jobs.state, jobs.started_at, jobs.finished_at, jobs.error, workers.name AS worker
             FROM jobs LEFT JOIN workers ON workers.id = jobs.worker_id WHERE jobs.id = $1",
            [id.into()],
        ))
        .await?;
    let Some(job) = job else {
        return Ok(None);
    };
    let ended = transaction
        .query_all_raw(statement(
            "SELECT attempt, outcome, job_attempts.started_at, finished_at, error, workers.name AS worker
             FROM job_attempts LEFT JOIN workers ON workers.id = worker_id
             WHERE job_id = $1 ORDER BY attempt",
            [id.into()],
        ))
        .await?;
    let mut attempts = ended
        .iter()
        .map(|row| attempt(row, word(row, "outcome")?))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(outcome) = outcome_of(word(&job, "state")?) {
        let last = count("attempt", column(&job, "attempt")?)?;
        if last > 0 && attempts.iter().all(|attempt| attempt.attempt != last) {
            attempts.push(attempt(&job, outcome)?);
        }
    }
    Ok(Some(attempts))
}

/// The outcome a job's own row tells of its last attempt; none while the job waits.
fn outcome_of(state: JobState) -> Option<AttemptOutcome> {
    match state {
        JobState::Scheduled | JobState::Queued => None,
        JobState::Running => Some(AttemptOutcome::Running),
        JobState::Succeeded => Some(AttemptOutcome::Succeeded),
        JobState::Failed => Some(AttemptOutcome::Failed),
        JobState::Cancelled => Some(AttemptOutcome::Cancelled),
    }
}

fn attempt(row: &QueryResult, outcome: AttemptOutcome) -> Result<Attempt, StoreError> {
    let error: Option<serde_json::Value> = column(row, "error")?;
    Ok(Attempt {
        attempt: count("attempt", column(row, "attempt")?)?,
        outcome,
        worker: column(row, "worker")?,
        started_at: column(row, "started_at")?,
        finished_at: column(row, "finished_at")?,
        error: error.map(|error| document("error", error)).transpose()?,
    })
}
