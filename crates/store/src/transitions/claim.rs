//! Claimed: a worker takes queued jobs; of several that try, one succeeds.

mod limited;

use gantry_domain::{JobId, KindName, QueueName, RetryDelays, TenantId, UserId};
use sea_orm::{QueryResult, Statement};
use uuid::Uuid;

use super::Run;
use super::run::{run, run_arrays};
use crate::StoreError;
use crate::connection::Pool;
use crate::dispatch_rules::{NOT_PAUSED, UNLIMITED};
use crate::statement::{column, count, retry_delays, statement, word};

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
    /// Where it waited.
    pub queue: QueueName,
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
    /// Whether it takes a place under a concurrency limit, for which others may wait when it ends.
    pub is_limited: bool,
    /// The delays before its retries; the kind's unless given.
    pub retry: Option<RetryDelays>,
    /// Whether it waited for other jobs, whose results its handler may read.
    pub has_parents: bool,
}

/// Which of the wanted jobs a statement claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claimable {
    /// Those that no concurrency limit concerns.
    Unlimited,
    /// Those that a limit concerns and that there is room for, as the caller has made sure.
    WithRoom,
}

impl ClaimedJob {
    /// The job's id.
    pub const fn job_id(&self) -> JobId {
        self.run.job_id
    }
}

/// The columns a claimed job is made of.
const CLAIMED_COLUMNS: &str = "jobs.id, jobs.dispatch, tenant_id, created_by, kind, queue, payload, attempt, losses, timeout_seconds, log_seq, traceparent,
    on_parent_failure IS NOT NULL AS has_parents, retry_base_seconds, retry_max_seconds";

/// Claims those of `runs` that are still queued under that dispatch, not paused and of a kind the worker can run,
/// provided that its lease has not ended. Of those under a concurrency limit it claims as many as there is room for.
pub(crate) async fn claim(
    connection: &Pool,
    worker_id: Uuid,
    runs: &[Run],
    kinds: &[KindName],
) -> Result<Vec<ClaimedJob>, StoreError> {
    // In one order for all, so that two workers told of the same jobs wait for one another instead of in a circle.
    let mut runs = runs.to_vec();
    runs.sort_unstable_by_key(|run| (run.job_id, run.dispatch));
    runs.dedup();
    let rows = connection
        .query_all_raw(claiming(worker_id, &runs, kinds, Claimable::Unlimited))
        .await?;
    let mut claimed = rows
        .iter()
        .map(claimed_job)
        .collect::<Result<Vec<_>, StoreError>>()?;
    let may_be_limited = match rows.first() {
        Some(row) => column(row, "there_are_limits")?,
        None => true,
    };
    if claimed.len() < runs.len() && may_be_limited {
        runs.retain(|run| !claimed.iter().any(|job| job.run == *run));
        match Box::pin(limited::claim(connection, worker_id, &runs, kinds)).await {
            Ok(more) => claimed.extend(more),
            // What was claimed already must be run. Asking again cannot help, and the next claim fails likewise.
            Err(StoreError::Statement(_)) if !claimed.is_empty() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(claimed)
}

fn claiming(worker_id: Uuid, runs: &[Run], kinds: &[KindName], claimable: Claimable) -> Statement {
    let (condition, is_limited) = match claimable {
        Claimable::Unlimited => (UNLIMITED, false),
        Claimable::WithRoom => ("true", true),
    };
    let (ids, dispatches) = run_arrays(runs.iter().copied());
    let kinds: Vec<_> = kinds.iter().map(ToString::to_string).collect();
    let sql = format!(
        "UPDATE jobs SET state = 'running', attempt = attempt + 1, worker_id = $1, started_at = now(),
            error = NULL, progress = NULL
        FROM unnest($2::uuid[], $3::int[]) AS wanted (job_id, dispatch)
        WHERE jobs.id = wanted.job_id AND jobs.dispatch = wanted.dispatch AND jobs.state = 'queued'
            AND jobs.kind = ANY ($4) AND {NOT_PAUSED} AND {condition}
            AND EXISTS (
                SELECT 1 FROM workers
                WHERE workers.id = $1 AND workers.state = 'active' AND workers.lease_expires_at > now()
            )
        RETURNING {CLAIMED_COLUMNS}, {is_limited} AS is_limited,
            EXISTS (SELECT FROM concurrency_limits) AS there_are_limits"
    );
    statement(
        &sql,
        [
            worker_id.into(),
            ids.into(),
            dispatches.into(),
            kinds.into(),
        ],
    )
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
        "SELECT {CLAIMED_COLUMNS}, NOT ({UNLIMITED}) AS is_limited
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
        queue: word(row, "queue")?,
        payload: column(row, "payload")?,
        attempt: number("attempt")?,
        losses: number("losses")?,
        timeout_seconds: number("timeout_seconds")?,
        last_log_seq: column::<i64>(row, "log_seq")?.unsigned_abs(),
        traceparent: column(row, "traceparent")?,
        is_limited: column(row, "is_limited")?,
        has_parents: column(row, "has_parents")?,
        retry: retry_delays(
            column(row, "retry_base_seconds")?,
            column(row, "retry_max_seconds")?,
        )?,
    })
}
