//! A run of a job, and the fence that guards every write of it.

use gantry_domain::{Doorbell, JobId, TenantId, TenantShard};
use sea_orm::QueryResult;
use uuid::Uuid;

use crate::StoreError;
use crate::connection::Pool;
use crate::statement::{column, count, integer, statement, word};

/// One run of a job by one worker. The dispatch grows each time the job becomes queued, so no two runs share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Run {
    /// The job.
    pub job_id: JobId,
    /// Which of its dispatches this run has claimed.
    pub dispatch: u32,
}

/// A run that ended its job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedRun {
    /// The run.
    pub run: Run,
    /// Whether other jobs have waited for the job, so that they are to be told.
    pub has_children: bool,
}

/// What a handler last reported of its run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunProgress {
    /// The run.
    pub run: Run,
    /// The report; its shape is the kind's.
    pub progress: serde_json::Value,
}

/// The fence: a row of `jobs` is the run `(settled.job_id, settled.dispatch)` of worker `$1`, still running, and that
/// worker's lease has not ended. Each write of a run carries it in the same statement, so a stale worker changes
/// nothing.
pub(crate) const FENCE: &str = "
    jobs.id = settled.job_id AND jobs.dispatch = settled.dispatch AND jobs.worker_id = $1 AND jobs.state = 'running'
    AND EXISTS (
        SELECT 1 FROM workers
        WHERE workers.id = $1 AND workers.state IN ('active', 'draining') AND workers.lease_expires_at > now()
    )";

/// The parts of runs as the arrays `$2` and `$3` that `settled` is made of.
pub(super) fn run_arrays(runs: impl Iterator<Item = Run> + Clone) -> (Vec<Uuid>, Vec<i32>) {
    (
        runs.clone().map(|run| run.job_id.as_uuid()).collect(),
        runs.map(|run| integer(run.dispatch)).collect(),
    )
}

/// The run a row of `(id, dispatch)` names.
pub(super) fn run(row: &QueryResult) -> Result<Run, StoreError> {
    Ok(Run {
        job_id: JobId::from_uuid(column(row, "id")?),
        dispatch: count("dispatch", column(row, "dispatch")?)?,
    })
}

/// The ended run a row of `(id, dispatch, has_children)` names.
pub(super) fn ended_run(row: &QueryResult) -> Result<EndedRun, StoreError> {
    Ok(EndedRun {
        run: run(row)?,
        has_children: column(row, "has_children")?,
    })
}

/// The columns a doorbell is made of, as a statement returns them.
pub(crate) const DOORBELL_COLUMNS: &str =
    "jobs.id, jobs.dispatch, jobs.tenant_id, jobs.queue, jobs.priority, jobs.traceparent";

/// The doorbell a row of [`DOORBELL_COLUMNS`] makes.
pub(crate) fn doorbell(row: &QueryResult) -> Result<Doorbell, StoreError> {
    let run = run(row)?;
    Ok(Doorbell {
        job_id: run.job_id,
        dispatch: run.dispatch,
        queue: word(row, "queue")?,
        priority: word(row, "priority")?,
        shard: TenantShard::of(TenantId::from_uuid(column(row, "tenant_id")?)),
        traceparent: column(row, "traceparent")?,
    })
}

/// Writes what handlers last reported of their runs; says which runs were still this worker's.
pub(crate) async fn record_progress(
    connection: &Pool,
    worker_id: Uuid,
    reports: &[RunProgress],
) -> Result<Vec<Run>, StoreError> {
    let (ids, dispatches) = run_arrays(reports.iter().map(|report| report.run));
    let documents: Vec<_> = reports
        .iter()
        .map(|report| report.progress.clone())
        .collect();
    let sql = format!(
        "UPDATE jobs SET progress = settled.progress
         FROM unnest($2::uuid[], $3::int[], $4::jsonb[]) AS settled (job_id, dispatch, progress)
         WHERE {FENCE}
         RETURNING jobs.id, jobs.dispatch"
    );
    let rows = connection
        .query_all_raw(statement(
            &sql,
            [
                worker_id.into(),
                ids.into(),
                dispatches.into(),
                documents.into(),
            ],
        ))
        .await?;
    rows.iter().map(run).collect()
}
