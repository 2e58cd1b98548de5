//! Submitted: a job comes into being, queued or scheduled.

mod dependent;
mod keyed;

pub use dependent::UnknownParent;
pub(super) use dependent::submit_dependent_within;
pub(crate) use dependent::{DependentJobs, submit_dependent};
pub(crate) use keyed::submit_keyed;
pub use keyed::{KeyedSubmission, RequestKey, SubmitOutcome};

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use gantry_domain::{Doorbell, JobId, JobState, NewJob, RetryDelays, TenantShard};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult, Statement, Value};
use uuid::Uuid;

use super::unique_key::HOLDS_UNIQUE_KEY;
use crate::StoreError;
use crate::connection::Pool;
use crate::statement::{column, integer, statement, word};

/// What the database made of an accepted job.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// The job.
    pub job_id: JobId,
    /// `queued`, or `scheduled` for a later time.
    pub state: JobState,
    /// Not before this time.
    pub run_at: DateTime<Utc>,
    /// When it was accepted.
    pub created_at: DateTime<Utc>,
}

impl Accepted {
    /// The word that the job waits, unless its time is yet to come.
    pub fn doorbell(&self, job: &NewJob) -> Option<Doorbell> {
        (self.state == JobState::Queued).then(|| Doorbell {
            job_id: self.job_id,
            dispatch: FIRST_DISPATCH,
            queue: job.queue.clone(),
            priority: job.priority,
            shard: TenantShard::of(job.tenant_id),
            traceparent: job.traceparent.clone(),
        })
    }
}

/// The end of the year 9999, in seconds since 1970; a later time counts as that one, and it stands for a time that is
/// not known yet.
const LATEST_RUN_AT_SECONDS: i64 = 253_402_300_799;
/// The dispatch the schema gives a new job.
const FIRST_DISPATCH: u32 = 1;

/// Inserts the jobs with one statement; the answers come in the order of the jobs.
pub(crate) async fn submit(
    connection: &Pool,
    jobs: &[NewJob],
) -> Result<Vec<Accepted>, StoreError> {
    let rows = connection
        .query_all_raw(insertion(
            &jobs.iter().collect::<Vec<_>>(),
            RareColumns::Absent,
        ))
        .await?;
    in_order_of(jobs, &rows)
}

/// The same as part of a transaction, for jobs without keys that come into being together with something else.
pub(crate) async fn submit_within(
    transaction: &DatabaseTransaction,
    jobs: &[NewJob],
) -> Result<Vec<Accepted>, StoreError> {
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let rows = transaction
        .query_all_raw(insertion(
            &jobs.iter().collect::<Vec<_>>(),
            RareColumns::Absent,
        ))
        .await?;
    in_order_of(jobs, &rows)
}

/// Whether any of the jobs may carry a unique key or delays of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RareColumns {
    /// None does, so the statement spares itself the columns.
    Absent,
    /// Some may; a job whose key is taken is left out.
    Present,
}

/// The one statement that makes jobs; it returns a row for each.
fn insertion(jobs: &[&NewJob], rare_columns: RareColumns) -> Statement {
    let (column, array, on_conflict) = match rare_columns {
        RareColumns::Absent => ("", "", String::new()),
        RareColumns::Present => (
            ", unique_key, retry_base_seconds, retry_max_seconds",
            ", $13::text[], $14::int[], $15::int[]",
            format!(
                "ON CONFLICT (tenant_id, kind, unique_key) WHERE {HOLDS_UNIQUE_KEY} DO NOTHING"
            ),
        ),
    };
    // Arrays carry no NULL here, so an empty text or a negative number stands for it.
    let (text_column, key) = match rare_columns {
        RareColumns::Absent => ("", ""),
        RareColumns::Present => (
            ", unique_key_text, base_seconds, max_seconds",
            ", NULLIF(unique_key_text, '') AS unique_key, NULLIF(base_seconds, -1) AS retry_base_seconds,
                NULLIF(max_seconds, -1) AS retry_max_seconds",
        ),
    };
    let sql = format!(
        "INSERT INTO jobs (id, tenant_id, created_by, kind, queue, priority, state, payload, run_at, queued_at,
            max_attempts, timeout_seconds, tags, traceparent{column})
        SELECT id, tenant_id, created_by, kind, queue, priority,
            CASE WHEN run_at > now() THEN 'scheduled' ELSE 'queued' END, payload, greatest(run_at, now()),
            CASE WHEN run_at > now() THEN NULL ELSE now() END, max_attempts, timeout_seconds,
            ARRAY (SELECT jsonb_array_elements_text(tags)), traceparent{column}
        FROM (
            SELECT *, NULLIF(run_at_text, '')::timestamptz AS run_at, NULLIF(traceparent_text, '') AS traceparent{key}
            FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::jsonb[],
                $8::text[], $9::int[], $10::int[], $11::jsonb[], $12::text[]{array})
                AS texts (id, tenant_id, created_by, kind, queue, priority, payload, run_at_text, max_attempts,
                    timeout_seconds, tags, traceparent_text{text_column})
        ) AS submitted
        {on_conflict}
        RETURNING id, state, run_at, created_at"
    );
    let ids = |field: fn(&NewJob) -> Uuid| jobs.iter().map(|job| field(job)).collect::<Vec<_>>();
    let texts =
        |field: fn(&NewJob) -> String| jobs.iter().map(|job| field(job)).collect::<Vec<_>>();
    let numbers = |field: fn(&NewJob) -> u32| {
        jobs.iter()
            .map(|job| integer(field(job)))
            .collect::<Vec<_>>()
    };
    let payloads: Vec<_> = jobs.iter().map(|job| job.payload.clone()).collect();
    let tags: Vec<serde_json::Value> = jobs.iter().map(|job| job.tags.clone().into()).collect();
    let mut values: Vec<Value> = vec![
        ids(|job| job.id.as_uuid()).into(),
        ids(|job| job.tenant_id.as_uuid()).into(),
        ids(|job| job.created_by.as_uuid()).into(),
        texts(|job| job.kind.to_string()).into(),
        texts(|job| job.queue.to_string()).into(),
        texts(|job| job.priority.to_string()).into(),
        payloads.into(),
        texts(run_at_text).into(),
        numbers(|job| job.max_attempts).into(),
        numbers(|job| job.timeout_seconds).into(),
        tags.into(),
        texts(|job| job.traceparent.clone().unwrap_or_default()).into(),
    ];
    if rare_columns == RareColumns::Present {
        let delays = |field: fn(RetryDelays) -> u32| {
            let delay = |job: &&NewJob| job.retry.map_or(-1, |retry| integer(field(retry)));
            jobs.iter().map(delay).collect::<Vec<_>>()
        };
        values.push(texts(|job| job.unique_key.clone().unwrap_or_default()).into());
        values.push(delays(|retry| retry.base_seconds).into());
        values.push(delays(|retry| retry.max_seconds).into());
    }
    statement(&sql, values)
}

/// The time to write, and none for now. A job that waits for others is as good as never due until they have ended.
fn run_at_text(job: &NewJob) -> String {
    let run_at = if job.parents.is_empty() {
        job.run_at
    } else {
        Some(DateTime::<Utc>::MAX_UTC)
    };
    run_at.map(timestamp).unwrap_or_default()
}

/// A time as text that Postgres can read, whatever it is: one row it cannot would refuse the whole batch.
fn timestamp(time: DateTime<Utc>) -> String {
    let latest = DateTime::from_timestamp(LATEST_RUN_AT_SECONDS, 0).unwrap_or_default();
    time.clamp(DateTime::UNIX_EPOCH, latest).to_rfc3339()
}

/// SQL promises no order for returned rows.
fn in_order_of(jobs: &[NewJob], rows: &[QueryResult]) -> Result<Vec<Accepted>, StoreError> {
    let mut by_id = rows
        .iter()
        .map(|row| accepted(row).map(|accepted| (accepted.job_id, accepted)))
        .collect::<Result<HashMap<_, _>, _>>()?;
    jobs.iter()
        .map(|job| {
            by_id
                .remove(&job.id)
                .ok_or_else(|| StoreError::UnknownContent {
                    column: "id",
                    reason: format!("the inserted job {} did not come back", job.id),
                })
        })
        .collect()
}

fn accepted(row: &QueryResult) -> Result<Accepted, StoreError> {
    Ok(Accepted {
        job_id: JobId::from_uuid(column(row, "id")?),
        state: word(row, "state")?,
        run_at: column(row, "run_at")?,
        created_at: column(row, "created_at")?,
    })
}
