//! What decides whether a job is dispatched, as far as its tenant may see it.

use chrono::{DateTime, Utc};
use gantry_domain::{JobId, JobSummary, Pause};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult};

use super::{TenantScope, jobs};
use crate::StoreError;
use crate::pauses::pause;
use crate::statement::{column, count, statement};

/// How far jobs are counted that wait before another; a longer line counts as that.
pub(crate) const COUNTED_LIMIT_JOBS: u32 = 10_000;

/// What decides whether a job is dispatched, as far as its tenant may see it.
#[derive(Debug, Clone, PartialEq)]
pub struct JobFacts {
    /// The job.
    pub job: JobSummary,
    /// The database's time.
    pub now: DateTime<Utc>,
    /// When it was queued last; none while it is scheduled.
    pub queued_at: Option<DateTime<Utc>>,
    /// The pauses that concern it.
    pub pauses: Vec<Pause>,
    /// How many jobs of its tenant may run at a time, if that is limited.
    pub tenant_limit: Option<u32>,
    /// How many jobs of its kind may run at a time, if that is limited.
    pub kind_limit: Option<u32>,
    /// How many jobs of its tenant run.
    pub tenant_running: u64,
    /// How many jobs of its tenant wait in its queue that are more urgent or older, up to 10,000.
    pub ahead: u64,
}

impl TenantScope<'_> {
    /// What decides whether a job is dispatched; none for a job that is not there.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn job_facts(&self, job_id: JobId) -> Result<Option<JobFacts>, StoreError> {
        let transaction = self.begin().await?;
        let Some(job) = jobs::find_summary(&transaction, job_id).await? else {
            return Ok(None);
        };
        let pauses = pauses_of(&transaction, &job).await?;
        let row = dispatch_row(&transaction, job_id).await?;
        transaction.commit().await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let limit = |name| match column::<Option<i32>>(&row, name)? {
            Some(limit) => Ok::<_, StoreError>(Some(count(name, limit)?)),
            None => Ok(None),
        };
        Ok(Some(JobFacts {
            now: column(&row, "now")?,
            queued_at: column(&row, "queued_at")?,
            tenant_limit: limit("tenant_limit")?,
            kind_limit: limit("kind_limit")?,
            tenant_running: column::<i64>(&row, "tenant_running")?.unsigned_abs(),
            ahead: column::<i64>(&row, "ahead")?.unsigned_abs(),
            job,
            pauses,
        }))
    }
}

async fn pauses_of(
    transaction: &DatabaseTransaction,
    job: &JobSummary,
) -> Result<Vec<Pause>, StoreError> {
    let sql = "
        SELECT * FROM pauses
        WHERE (scope, subject) IN (('queue', $1), ('tenant', $2), ('user', $3)) ORDER BY scope";
    let rows = transaction
        .query_all_raw(statement(
            sql,
            [
                job.queue.as_str().into(),
                job.tenant_id.to_string().into(),
                job.created_by.to_string().into(),
            ],
        ))
        .await?;
    rows.iter().map(pause).collect()
}

async fn dispatch_row(
    transaction: &DatabaseTransaction,
    job_id: JobId,
) -> Result<Option<QueryResult>, StoreError> {
    let rank = |table: &str| {
        format!(
            "(CASE {table}.priority WHEN 'high' THEN 1 WHEN 'normal' THEN 2 ELSE 3 END, {table}.id)"
        )
    };
    let sql = format!(
        "SELECT now() AS now, jobs.queued_at,
            COALESCE(
                (SELECT max_running FROM concurrency_limits WHERE scope = 'tenant' AND subject = jobs.tenant_id::text),
                (SELECT max_running FROM concurrency_limits WHERE scope = 'tenant' AND subject = 'default')
            ) AS tenant_limit,
            (SELECT max_running FROM concurrency_limits WHERE scope = 'kind' AND subject = jobs.kind) AS kind_limit,
            (SELECT count(*) FROM jobs AS other WHERE other.state = 'running' AND other.queued_at IS NOT NULL AND other.finished_at IS NULL
                    AND other.tenant_id = jobs.tenant_id)
                AS tenant_running,
            (SELECT count(*) FROM (
                SELECT FROM jobs AS other
                WHERE other.state = 'queued' AND other.queued_at IS NOT NULL AND other.finished_at IS NULL
                    AND other.queue = jobs.queue AND other.tenant_id = jobs.tenant_id
                    AND {} < {}
                LIMIT {COUNTED_LIMIT_JOBS}
            ) AS earlier) AS ahead
         FROM jobs WHERE jobs.id = $1",
        rank("other"),
        rank("jobs")
    );
    Ok(transaction
        .query_one_raw(statement(&sql, [job_id.as_uuid().into()]))
        .await?)
}
