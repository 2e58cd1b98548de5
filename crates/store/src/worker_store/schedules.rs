//! Firing schedules: jobs for the ticks that have come, each tick once, whatever the number of workers.

use std::time::Duration;

use chrono::{DateTime, Utc};
use gantry_domain::{Doorbell, Firing, NewJob, ScheduleId};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult};
use uuid::Uuid;

use super::WorkerStore;
use crate::StoreError;
use crate::schedules::{SUMMARY_COLUMNS, never_due, schedule};
use crate::statement::{column, statement};
use crate::transitions::submit_within;

/// How long a schedule is put off that this version does not understand, so that it holds up no other.
const NOT_UNDERSTOOD_DELAY: Duration = Duration::from_secs(600);

/// What became of the schedules that were due.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FiredSchedules {
    /// How many were due.
    pub due: usize,
    /// The words for the jobs that were submitted.
    pub doorbells: Vec<Doorbell>,
    /// Those that this version does not understand.
    pub put_off: Vec<PutOffSchedule>,
}

/// A schedule that this version does not understand, put off so that it holds up no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutOffSchedule {
    /// The schedule.
    pub schedule_id: ScheduleId,
    /// What is wrong with it.
    pub reason: String,
}

/// A schedule that was due, and what is written about it.
struct Step {
    id: Uuid,
    due_at: DateTime<Utc>,
    next_run_at: DateTime<Utc>,
    job: Option<NewJob>,
    /// Why the schedule is put off, if it is.
    fault: Option<String>,
}

impl WorkerStore {
    /// Submits the jobs of at most `limit` schedules that are due, and writes when those are due next: both or neither.
    ///
    /// # Errors
    /// Postgres cannot be reached; after a lost connection the outcome is unknown, and doing it again is safe.
    pub async fn fire_due_schedules(&self, limit: u32) -> Result<FiredSchedules, StoreError> {
        let firing = self.fire_at_once(limit);
        self.runs.within_transaction_limit(firing).await
    }

    async fn fire_at_once(&self, limit: u32) -> Result<FiredSchedules, StoreError> {
        let transaction = self.runs.begin().await?;
        let sql = format!(
            "SELECT {SUMMARY_COLUMNS}, payload, now() AS now FROM schedules
             WHERE paused_at IS NULL AND next_run_at <= now()
             ORDER BY next_run_at LIMIT $1 FOR UPDATE SKIP LOCKED"
        );
        let rows = transaction
            .query_all_raw(statement(&sql, [i64::from(limit).into()]))
            .await?;
        let steps = rows.iter().map(step).collect::<Result<Vec<_>, _>>()?;
        let jobs: Vec<NewJob> = steps.iter().filter_map(|step| step.job.clone()).collect();
        let accepted = submit_within(&transaction, &jobs).await?;
        move_on(&transaction, &steps).await?;
        transaction.commit().await?;
        let doorbells = jobs.iter().zip(accepted);
        Ok(FiredSchedules {
            due: steps.len(),
            doorbells: doorbells
                .filter_map(|(job, accepted)| accepted.doorbell(job))
                .collect(),
            put_off: steps.into_iter().filter_map(put_off).collect(),
        })
    }
}

/// What is to be done about a due schedule; one that this version does not understand is put off.
fn step(row: &QueryResult) -> Result<Step, StoreError> {
    let (id, due_at): (Uuid, DateTime<Utc>) = (column(row, "id")?, column(row, "next_run_at")?);
    let now = column(row, "now")?;
    let (job, next_run_at, fault) = match firing(row, due_at, now) {
        Ok((job, next_run_at)) => (job, next_run_at, None),
        Err(fault @ StoreError::UnknownContent { .. }) => {
            (None, now + NOT_UNDERSTOOD_DELAY, Some(fault.to_string()))
        }
        Err(other) => return Err(other),
    };
    Ok(Step {
        id,
        due_at,
        next_run_at,
        job,
        fault,
    })
}

fn put_off(step: Step) -> Option<PutOffSchedule> {
    step.fault.map(|reason| PutOffSchedule {
        schedule_id: ScheduleId::from_uuid(step.id),
        reason,
    })
}

fn firing(
    row: &QueryResult,
    due_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(Option<NewJob>, DateTime<Utc>), StoreError> {
    let schedule = schedule(row)?;
    let firing = schedule.summary.terms.firing(due_at, now);
    let Firing {
        submits,
        next_run_at,
    } = firing.ok_or_else(never_due)?;
    Ok((submits.then(|| schedule.job()), next_run_at))
}

/// Writes when the schedules are due next. Each must still stand at the tick that was decided on; the lock on its row
/// sees to that, and if it did not, the jobs would not be submitted either.
async fn move_on(transaction: &DatabaseTransaction, steps: &[Step]) -> Result<(), StoreError> {
    if steps.is_empty() {
        return Ok(());
    }
    // Arrays carry no NULL here, so an empty text stands for it.
    let sql = "
        UPDATE schedules SET next_run_at = steps.next_run_at, last_job_id = COALESCE(job_id, last_job_id),
            last_run_at = CASE WHEN job_id IS NULL THEN last_run_at ELSE now() END
        FROM (
            SELECT id, due_at::timestamptz, next_run_at::timestamptz, NULLIF(job_id, '')::uuid AS job_id
            FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS texts (id, due_at, next_run_at, job_id)
        ) AS steps
        WHERE schedules.id = steps.id AND schedules.next_run_at = steps.due_at";
    let texts = |field: fn(&Step) -> String| steps.iter().map(field).collect::<Vec<_>>();
    let ids: Vec<Uuid> = steps.iter().map(|step| step.id).collect();
    let moved = transaction
        .execute_raw(statement(
            sql,
            [
                ids.into(),
                texts(|step| step.due_at.to_rfc3339()).into(),
                texts(|step| step.next_run_at.to_rfc3339()).into(),
                texts(|step| {
                    step.job
                        .as_ref()
                        .map_or_else(String::new, |job| job.id.to_string())
                })
                .into(),
            ],
        ))
        .await?
        .rows_affected();
    if usize::try_from(moved).is_ok_and(|moved| moved == steps.len()) {
        return Ok(());
    }
    Err(StoreError::UnknownContent {
        column: "next_run_at",
        reason: format!(
            "{moved} of {} due schedules stood where they were read",
            steps.len()
        ),
    })
}
