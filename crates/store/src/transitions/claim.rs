//! Claimed: a worker takes queued jobs; of several that try, one succeeds.

use gantry_domain::{JobId, KindName, TenantId, UserId};
use sea_orm::QueryResult;
use uuid::Uuid;

use super::Run;
use super::run::{run, run_arrays};
use crate::StoreError;
use crate::connection::Pool;
use crate::dispatch_rules::NOT_PAUSED;
use crate::statement::{column, count, statement, word};

/// A job that this worker now runs.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimedJob {
    /// The run; every write for it carries this.
    pub run: Run,
    /// Whose the job is.
    pub tenant_id: TenantId,
    /// Who submitted it.
    pub created_by: UserId,
    /// What is to be done.
    pub kind: KindName,
    /// What the handler is given.
    pub payload: serde_json::Value,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// How many earlier attempts ended because their worker was lost.
    pub losses: u32,
    /// How long the attempt may take, in seconds.
    pub timeout_seconds: u32,
    /// The last log line an earlier run with the same attempt number has stored; 0 for none.
    pub last_log_seq: u64,
    /// The W3C trace context of the submission.
    pub traceparent: Option<String>,
}

impl ClaimedJob {
    /// The job's id.
    pub const fn job_id(&self) -> JobId {
        self.run.job_id
    }
}

/// The columns a claimed job is made of.
const CLAIMED_COLUMNS: &str = "jobs.id, jobs.dispatch, tenant_id, created_by, kind, payload, attempt, losses, timeout_seconds, log_seq, traceparent";

/// Claims those of `runs` that are still queued under that dispatch, not paused and of a kind the worker can run,
/// provided that its lease has not ended.
pub(crate) async fn claim(
    connection: &Pool,
    worker_id: Uuid,
    runs: &[Run],
    kinds: &[KindName],
) -> Result<Vec<ClaimedJob>, StoreError> {
    // In one order for all, so that two workers told of the same jobs wait for one another instead of in a circle.
    let mut runs = runs.to_vec();
    runs.sort_unstable_by_key(|run| run.job_id);
    let (ids, dispatches) = run_arrays(runs.into_iter());
    let kinds: Vec<_> = kinds.iter().map(ToString::to_string).collect();
    let sql = format!(
        "UPDATE jobs SET state = 'running', attempt = attempt + 1, worker_id = $1, started_at = now(),
            queued_at = NULL, error = NULL, progress = NULL
        FROM unnest($2::uuid[], $3::int[]) AS wanted (job_id, dispatch)
        WHERE jobs.id = wanted.job_id AND jobs.dispatch = wanted.dispatch AND jobs.state = 'queued'
            AND jobs.kind = ANY ($4) AND {NOT_PAUSED}
            AND EXISTS (
                SELECT 1 FROM workers
                WHERE workers.id = $1 AND workers.state = 'active' AND workers.lease_expires_at > now()
            )
        RETURNING {CLAIMED_COLUMNS}"
    );
    let rows = connection
        .query_all_raw(statement(
            &sql,
            [
                worker_id.into(),
                ids.into(),
                dispatches.into(),
                kinds.into(),
            ],
        ))
        .await?;
    rows.iter().map(claimed_job).collect()
}

/// Those of `runs` that this worker has claimed already. Only for runs it does not know of: the answer to their claim was
/// lost.
pub(crate) async fn already_claimed(
    connection: &Pool,
    worker_id: Uuid,
    runs: &[Run],
) -> Result<Vec<ClaimedJob>, StoreError> {
    let (ids, dispatches) = run_arrays(runs.iter().copied());
    let sql = format!(
        "SELECT {CLAIMED_COLUMNS}
         FROM jobs JOIN unnest($2::uuid[], $3::int[]) AS wanted (job_id, dispatch)
            ON jobs.id = wanted.job_id AND jobs.dispatch = wanted.dispatch
         WHERE jobs.state = 'running' AND jobs.worker_id = $1"
    );
    let rows = connection
        .query_all_raw(statement(
            &sql,
            [worker_id.into(), ids.into(), dispatches.into()],
        ))
        .await?;
    rows.iter().map(claimed_job).collect()
}

fn claimed_job(row: &QueryResult) -> Result<ClaimedJob, StoreError> {
    let number = |name| count(name, column(row, name)?);
    Ok(ClaimedJob {
        run: run(row)?,
        tenant_id: TenantId::from_uuid(column(row, "tenant_id")?),
        created_by: UserId::from_uuid(column(row, "created_by")?),
        kind: word(row, "kind")?,
        payload: column(row, "payload")?,
        attempt: number("attempt")?,
        losses: number("losses")?,
        timeout_seconds: number("timeout_seconds")?,
        last_log_seq: column::<i64>(row, "log_seq")?.unsigned_abs(),
        traceparent: column(row, "traceparent")?,
    })
}
