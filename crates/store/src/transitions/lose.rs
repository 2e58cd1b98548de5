//! Lost: the lease of the worker that ran a job has ended.

use gantry_domain::{Doorbell, JobFailure, JobId, JobState, MAX_LOSSES, failure_code};

use super::run::{DOORBELL_COLUMNS, doorbell};
use crate::StoreError;
use crate::connection::Pool;
use crate::statement::{column, integer, statement, word};

/// A job that was taken back from a lost worker.
#[derive(Debug, Clone, PartialEq)]
pub struct Rescued {
    /// The job.
    pub job_id: JobId,
    /// `queued` again, `failed` as poison, or `cancelled` if someone had asked for its end.
    pub state: JobState,
    /// The word that it waits, if it does.
    pub doorbell: Option<Doorbell>,
    /// Whether other jobs have waited for the job, so that they are to be told when it has ended.
    pub has_children: bool,
}

/// How long after a worker has signed off its jobs are looked for with every look for lost workers.
const JUST_NOW: &str = "interval '10 seconds'";

/// Marks workers lost whose lease has ended, and gives their ids. The operators' are lost only by a statement that waited for
/// a renewal under way. Whoever owns a tenant's machine can hold the row of its worker for as long as they like, so those
/// are not waited for.
const MARKING: &str = "operators AS (
        UPDATE workers SET state = 'lost'
        WHERE token_id IS NULL AND state IN ('active', 'draining') AND lease_expires_at <= now()
        RETURNING id
    ), machines AS (
        UPDATE workers SET state = 'lost' WHERE id IN (
            SELECT id FROM workers
            WHERE token_id IS NOT NULL AND state IN ('active', 'draining') AND lease_expires_at <= now()
            FOR UPDATE SKIP LOCKED
        )
        RETURNING id
    ), dead AS (SELECT id FROM operators UNION ALL SELECT id FROM machines)";

/// Marks workers lost whose lease has ended; says whether there were any, or one has signed off just now and may have left
/// jobs behind. Unlike the search for their jobs it costs the same whatever the number of jobs.
pub(crate) async fn mark_lost_workers(connection: &Pool) -> Result<bool, StoreError> {
    let sql = format!(
        "WITH {MARKING}
        SELECT EXISTS (SELECT FROM dead) OR EXISTS (
            SELECT FROM workers WHERE state = 'stopped' AND lease_expires_at > now() - {JUST_NOW}
        ) AS have_ended"
    );
    let row = connection.query_one_raw(statement(&sql, [])).await?;
    row.map_or(Ok(false), |row| column(&row, "have_ended"))
}

/// Takes at most `limit` jobs back from workers whose lease has ended, after marking those workers lost.
pub(crate) async fn rescue_lost(connection: &Pool, limit: u32) -> Result<Vec<Rescued>, StoreError> {
    let lost = JobFailure::new(
        failure_code::WORKER_LOST,
        "the worker that ran this attempt was lost: its lease ended without a word",
    );
    let poison = JobFailure::new(
        failure_code::POISON,
        format!(
            "{MAX_LOSSES} workers were lost while running this job, so it is not run again: look at its memory use and at \
             the workers' own logs, then redrive it"
        ),
    );
    // The rows of `jobs` are locked before they are judged, so that a completion that comes first wins. A worker of the
    // operator's counts as lost only by its state: the UPDATE waits for a renewal that is under way and then sees its
    // outcome, which a plain look at `lease_expires_at` would not. One on a tenant's machine counts as lost by that look:
    // a renewal that is committed too late finds its jobs dispatched anew, and the fence holds its writes.
    let sql = format!(
        "WITH {MARKING}, lost AS (
            SELECT jobs.id, CASE
                WHEN jobs.cancel_requested_at IS NOT NULL THEN 'cancelled'
                WHEN jobs.losses + 1 >= $2 THEN 'failed'
                ELSE 'queued' END AS next_state
            FROM jobs
            WHERE jobs.state = 'running' AND jobs.queued_at IS NOT NULL AND jobs.finished_at IS NULL AND NOT EXISTS (
                SELECT 1 FROM workers WHERE workers.id = jobs.worker_id AND workers.state IN ('active', 'draining')
                    AND (workers.token_id IS NULL OR workers.lease_expires_at > now())
                    AND workers.id NOT IN (SELECT id FROM dead)
            )
            LIMIT $1 FOR UPDATE OF jobs SKIP LOCKED
        ), history AS (
            INSERT INTO job_attempts (job_id, attempt, tenant_id, worker_id, outcome, started_at, error)
            SELECT jobs.id, attempt, tenant_id, worker_id, 'lost', started_at, $3
            FROM jobs JOIN lost USING (id)
            ON CONFLICT (job_id, attempt) DO NOTHING
        )
        UPDATE jobs SET state = next_state, losses = losses + 1, log_seq = 0,
            dispatch = CASE WHEN next_state = 'queued' THEN dispatch + 1 ELSE dispatch END,
            queued_at = CASE WHEN next_state = 'queued' THEN now() END,
            finished_at = CASE WHEN next_state = 'queued' THEN NULL ELSE now() END,
            error = CASE WHEN next_state = 'failed' THEN $4 ELSE $3 END
        FROM lost WHERE jobs.id = lost.id AND jobs.state = 'running'
        RETURNING {DOORBELL_COLUMNS}, jobs.state, jobs.has_children"
    );
    let rows = connection
        .query_all_raw(statement(
            &sql,
            [
                i64::from(limit).into(),
                integer(MAX_LOSSES).into(),
                serde_json::json!(lost).into(),
                serde_json::json!(poison).into(),
            ],
        ))
        .await?;
    rows.iter()
        .map(|row| {
            let doorbell = doorbell(row)?;
            let state = word(row, "state")?;
            Ok(Rescued {
                job_id: doorbell.job_id,
                state,
                has_children: column(row, "has_children")?,
                doorbell: (state == JobState::Queued).then_some(doorbell),
            })
        })
        .collect()
}
