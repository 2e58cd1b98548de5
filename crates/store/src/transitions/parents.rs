//! Parents ended, or a parent failed: the jobs that waited for them are queued, wait on, or are cancelled.

use gantry_domain::{Doorbell, JobId, JobState, failure_code};
use sea_orm::{QueryResult, Statement};
use uuid::Uuid;

use super::run::{DOORBELL_COLUMNS, doorbell};
use crate::StoreError;
use crate::connection::Pool;
use crate::statement::{column, statement, word};

/// How many ended parents are looked at in one step.
const STEP_PARENTS: usize = 500;
/// How many dependencies are settled in one step, so that no step holds many rows locked.
const STEP_DEPENDENCIES: i64 = 1_000;

/// What became of the jobs that waited for others.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SettledDependencies {
    /// The words for the jobs that are queued now.
    pub doorbells: Vec<Doorbell>,
    /// Those that were cancelled, because a parent did not succeed.
    pub cancelled: Vec<JobId>,
}

/// Telling the children of ended jobs, step by step: a child that is cancelled by it has children to be told too.
///
/// Each step is one statement that can be repeated, so it does not matter who takes it, or whether someone dies in
/// between: a dependency is settled once, with its child.
pub(crate) struct Settlement {
    open: Vec<Uuid>,
    settled: SettledDependencies,
}

impl Settlement {
    /// For the children of these jobs; those that have not ended are passed over.
    pub(crate) fn of(parents: impl Iterator<Item = JobId>) -> Self {
        Self {
            open: parents.map(JobId::as_uuid).collect(),
            settled: SettledDependencies::default(),
        }
    }

    /// The next statement; none when all has been done.
    pub(crate) fn next_step(&self) -> Option<Statement> {
        if self.open.is_empty() {
            return None;
        }
        let parents: Vec<Uuid> = self.open.iter().copied().take(STEP_PARENTS).collect();
        // A parent that was deleted ended before; nobody knows any more whether it succeeded. The children are judged
        // after their rows are locked, by what the others who told them something have left; all that is written is taken
        // from there, because the CHECK sees what the UPDATE first makes of an older version of the row.
        let sql = format!(
            "WITH ended AS (
                SELECT parent.id, COALESCE(jobs.state, 'failed') AS outcome
                FROM unnest($1::uuid[]) AS parent (id) LEFT JOIN jobs ON jobs.id = parent.id
                WHERE jobs.id IS NULL OR jobs.state IN ('succeeded', 'failed', 'cancelled')
            ), open AS (
                SELECT child_id, parent_id, ended.outcome
                FROM job_dependencies JOIN ended ON ended.id = parent_id
                WHERE job_dependencies.outcome IS NULL
                LIMIT $2 FOR UPDATE OF job_dependencies SKIP LOCKED
            ), settled AS (
                UPDATE job_dependencies SET outcome = open.outcome FROM open
                WHERE job_dependencies.child_id = open.child_id AND job_dependencies.parent_id = open.parent_id
                    AND job_dependencies.outcome IS NULL
                RETURNING job_dependencies.child_id, job_dependencies.parent_id, job_dependencies.outcome
            ), told AS (
                SELECT child_id, count(*)::int AS parents,
                    (array_agg(parent_id ORDER BY parent_id) FILTER (WHERE outcome <> 'succeeded'))[1] AS failed_parent
                FROM settled GROUP BY child_id
            ), judged AS (
                SELECT jobs.id, told.failed_parent, jobs.run_after, jobs.waiting_for - told.parents AS remaining, CASE
                    WHEN told.failed_parent IS NOT NULL AND jobs.on_parent_failure = 'cancel' THEN 'cancelled'
                    WHEN jobs.waiting_for > told.parents OR jobs.run_after > now() THEN 'scheduled'
                    ELSE 'queued' END AS next_state
                FROM jobs JOIN told ON told.child_id = jobs.id
                WHERE jobs.state = 'scheduled' AND jobs.waiting_for > 0
                ORDER BY jobs.id FOR NO KEY UPDATE OF jobs
            ), moved AS (
                UPDATE jobs SET state = next_state, waiting_for = judged.remaining,
                    run_at = CASE WHEN judged.remaining = 0
                        THEN greatest(judged.run_after, now()) ELSE jobs.run_at END,
                    dispatch = CASE next_state WHEN 'queued' THEN jobs.dispatch + 1 ELSE jobs.dispatch END,
                    queued_at = CASE next_state WHEN 'queued' THEN now() END,
                    finished_at = CASE next_state WHEN 'cancelled' THEN now() END,
                    error = CASE next_state WHEN 'cancelled' THEN jsonb_build_object('code', $3::text, 'message',
                        format('the job depends on %s, which did not succeed', judged.failed_parent),
                        'detail', jsonb_build_object('parent', judged.failed_parent)) END
                FROM judged WHERE jobs.id = judged.id
                RETURNING {DOORBELL_COLUMNS}, jobs.state, jobs.has_children
            )
            SELECT (SELECT count(*) FROM settled) AS settled, moved.*
            FROM (SELECT) AS always LEFT JOIN moved ON true"
        );
        let values = [
            parents.into(),
            STEP_DEPENDENCIES.into(),
            failure_code::PARENT_FAILED.into(),
        ];
        Some(statement(&sql, values))
    }

    /// Takes note of what a step has done.
    pub(crate) fn record(&mut self, rows: &[QueryResult]) -> Result<(), StoreError> {
        let settled: i64 = rows.first().map_or(Ok(0), |row| column(row, "settled"))?;
        if settled < STEP_DEPENDENCIES {
            self.open.drain(..self.open.len().min(STEP_PARENTS));
        }
        for row in rows {
            if column::<Option<Uuid>>(row, "id")?.is_none() {
                continue;
            }
            let doorbell = doorbell(row)?;
            match word(row, "state")? {
                JobState::Queued => self.settled.doorbells.push(doorbell),
                JobState::Cancelled => {
                    if column(row, "has_children")? {
                        self.open.push(doorbell.job_id.as_uuid());
                    }
                    self.settled.cancelled.push(doorbell.job_id);
                }
                _ => {}
            }
        }
        Ok(())
    }

    pub(crate) fn into_settled(self) -> SettledDependencies {
        self.settled
    }
}

/// Tells the children of those of these jobs that have ended; each step commits by itself.
pub(crate) async fn settle_dependencies(
    connection: &Pool,
    parents: &[JobId],
) -> Result<SettledDependencies, StoreError> {
    let mut settlement = Settlement::of(parents.iter().copied());
    while let Some(step) = settlement.next_step() {
        settlement.record(&connection.query_all_raw(step).await?)?;
    }
    Ok(settlement.into_settled())
}

/// At most `limit` jobs that have ended, or were deleted since, and whose children were not told.
pub(crate) async fn untold_parents(
    connection: &Pool,
    limit: u32,
) -> Result<Vec<JobId>, StoreError> {
    let sql = "SELECT DISTINCT parent_id FROM job_dependencies
        WHERE outcome IS NULL AND NOT EXISTS (
            SELECT 1 FROM jobs WHERE jobs.id = parent_id AND jobs.state IN ('scheduled', 'queued', 'running')
        )
        LIMIT $1";
    let rows = connection
        .query_all_raw(statement(sql, [i64::from(limit).into()]))
        .await?;
    rows.iter()
        .map(|row| Ok(JobId::from_uuid(column(row, "parent_id")?)))
        .collect()
}
