//! Failed: the handler returned an error, or the deadline passed; the job is retried while it has attempts left.

use std::time::Duration;

use gantry_domain::{JobFailure, JobState};
use uuid::Uuid;

use super::Run;
use super::run::{FENCE, run, run_arrays};
use crate::StoreError;
use crate::connection::Pool;
use crate::statement::{column, seconds, statement, word};

/// A run that ended with an error.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The run.
    pub run: Run,
    /// What went wrong.
    pub error: JobFailure,
    /// How long to wait before the retry; none for an error that no retry can mend.
    pub retry_after: Option<Duration>,
}

/// What became of a job whose run failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailedRun {
    /// The run.
    pub run: Run,
    /// `scheduled` for the retry, `failed` for good, or `cancelled` if someone had asked for its end.
    pub state: JobState,
    /// When the job ended for good, or when the retry is due.
    pub at: chrono::DateTime<chrono::Utc>,
    /// Whether other jobs have waited for the job, so that they are to be told when it has ended.
    pub has_children: bool,
}

/// Stores the errors of those runs that are still this worker's, and says what became of their jobs.
pub(crate) async fn fail(
    connection: &Pool,
    worker_id: Uuid,
    failures: &[Failure],
) -> Result<Vec<FailedRun>, StoreError> {
    let (ids, dispatches) = run_arrays(failures.iter().map(|failure| failure.run));
    let errors: Vec<serde_json::Value> = failures
        .iter()
        .map(|failure| serde_json::json!(failure.error))
        .collect();
    let is_final: Vec<bool> = failures
        .iter()
        .map(|failure| failure.retry_after.is_none())
        .collect();
    let delays: Vec<f64> = failures
        .iter()
        .map(|failure| seconds(failure.retry_after.unwrap_or_default()))
        .collect();
    let sql = format!(
        "WITH ended AS (
            SELECT jobs.id, settled.error, settled.delay_seconds, CASE
                WHEN jobs.cancel_requested_at IS NOT NULL THEN 'cancelled'
                WHEN settled.is_final OR jobs.attempt - jobs.losses >= jobs.max_attempts THEN 'failed'
                ELSE 'scheduled' END AS next_state
            FROM jobs, unnest($2::uuid[], $3::int[], $4::jsonb[], $5::bool[], $6::float8[])
                AS settled (job_id, dispatch, error, is_final, delay_seconds)
            WHERE {FENCE}
            FOR UPDATE OF jobs
        ), history AS (
            INSERT INTO job_attempts (job_id, attempt, tenant_id, worker_id, outcome, started_at, error)
            SELECT jobs.id, attempt, tenant_id, worker_id, 'failed', started_at, ended.error
            FROM jobs JOIN ended USING (id) WHERE next_state = 'scheduled'
            ON CONFLICT DO NOTHING
        )
        UPDATE jobs SET state = next_state, error = ended.error, log_seq = 0, queued_at = NULL,
            run_at = CASE WHEN next_state = 'scheduled' THEN now() + make_interval(secs => delay_seconds) ELSE run_at END,
            finished_at = CASE WHEN next_state = 'scheduled' THEN NULL ELSE now() END
        FROM ended WHERE jobs.id = ended.id
        RETURNING jobs.id, jobs.dispatch, jobs.state, jobs.has_children, COALESCE(jobs.finished_at, jobs.run_at) AS at"
    );
    let rows = connection
        .query_all_raw(statement(
            &sql,
            [
                worker_id.into(),
                ids.into(),
                dispatches.into(),
                errors.into(),
                is_final.into(),
                delays.into(),
            ],
        ))
        .await?;
    rows.iter()
        .map(|row| {
            Ok(FailedRun {
                run: run(row)?,
                state: word(row, "state")?,
                at: column(row, "at")?,
                has_children: column(row, "has_children")?,
            })
        })
        .collect()
}
