//! Expired: a finished job, or its result, was kept for its tenant's period and goes.

use gantry_domain::{JobId, RetentionPeriods};
use uuid::Uuid;

use crate::StoreError;
use crate::connection::Pool;
use crate::statement::{column, integer, statement};

/// What one step along the jobs has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SweptJobs {
    /// How many jobs were deleted.
    pub jobs: u64,
    /// How many results were deleted before their jobs.
    pub results: u64,
    /// Where the next step begins; none when this was the last.
    pub next: Option<JobId>,
}

/// Looks at the next `limit` jobs old enough to be past a period, those after `after`, by id: deletes those that are, and
/// the results of those that are kept longer than their results. The schema's policies pass over a job that is not past
/// its period, or still has log lines.
///
/// A deleted result reads as JSON's null: so a succeeded job has a result still, and services of an earlier version show
/// it as it is.
pub(crate) async fn expire(
    connection: &Pool,
    after: Option<JobId>,
    periods: RetentionPeriods,
    limit: u32,
) -> Result<SweptJobs, StoreError> {
    let sql = "
        WITH looked_at AS MATERIALIZED (
            SELECT jobs.id, now() - make_interval(days => COALESCE(jobs_days, $3)) AS jobs_until,
                now() - make_interval(days => COALESCE(results_days, $4)) AS results_until
            FROM jobs LEFT JOIN tenant_retention USING (tenant_id)
            WHERE jobs.id > $1 AND jobs.id < (
                SELECT lowest_job_id(now() - make_interval(days => least($4, min(results_days))))
                FROM tenant_retention
            )
            ORDER BY jobs.id LIMIT $2
        ), deleted AS (
            DELETE FROM jobs USING looked_at WHERE jobs.id = looked_at.id AND jobs.finished_at < jobs_until
            RETURNING 1
        ), emptied AS (
            UPDATE jobs SET result = 'null', result_deleted_at = now() FROM looked_at
            WHERE jobs.id = looked_at.id AND jobs.state = 'succeeded' AND jobs.result_deleted_at IS NULL
                AND jobs.finished_at < results_until AND jobs.finished_at >= jobs_until
            RETURNING 1
        )
        SELECT (SELECT count(*) FROM deleted) AS jobs, (SELECT count(*) FROM emptied) AS results,
            (SELECT id FROM looked_at ORDER BY id OFFSET $2 - 1) AS last_id";
    let values = [
        after.map_or(Uuid::nil(), JobId::as_uuid).into(),
        i64::from(limit).into(),
        integer(periods.jobs_days()).into(),
        integer(periods.results_days()).into(),
    ];
    let row = connection.query_one_raw(statement(sql, values)).await?;
    let Some(row) = row else {
        return Ok(SweptJobs {
            jobs: 0,
            results: 0,
            next: None,
        });
    };
    Ok(SweptJobs {
        jobs: column::<i64>(&row, "jobs")?.unsigned_abs(),
        results: column::<i64>(&row, "results")?.unsigned_abs(),
        next: column::<Option<Uuid>>(&row, "last_id")?.map(JobId::from_uuid),
    })
}
