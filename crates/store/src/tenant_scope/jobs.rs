//! Reading a tenant's jobs.

use std::collections::HashMap;

use gantry_domain::{Job, JobId, JobSummary, TenantId, UserId};
use sea_orm::prelude::{DateTimeUtc, Json, Uuid};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, FromQueryResult, JoinType, QueryFilter,
    QueryOrder, QuerySelect, RelationTrait, Select,
};

use super::JobFilter;
use super::dependencies::with_dependencies;
use crate::StoreError;
use crate::entities::{jobs, workers};
use crate::statement::{count, document, parse, retry_delays};

#[derive(FromQueryResult)]
struct SummaryRow {
    id: Uuid,
    tenant_id: Uuid,
    created_by: Uuid,
    kind: String,
    queue: String,
    priority: String,
    state: String,
    attempt: i32,
    losses: i32,
    max_attempts: i32,
    timeout_seconds: i32,
    run_at: DateTimeUtc,
    created_at: DateTimeUtc,
    started_at: Option<DateTimeUtc>,
    finished_at: Option<DateTimeUtc>,
    cancel_requested_at: Option<DateTimeUtc>,
    traceparent: Option<String>,
    tags: Vec<String>,
    unique_key: Option<String>,
    waiting_for: i32,
    on_parent_failure: Option<String>,
    run_after: Option<DateTimeUtc>,
    retry_base_seconds: Option<i32>,
    retry_max_seconds: Option<i32>,
    error: Option<Json>,
    progress: Option<Json>,
    worker: Option<String>,
}

#[derive(FromQueryResult)]
struct JobRow {
    #[sea_orm(nested)]
    summary: SummaryRow,
    payload: Json,
    result: Option<Json>,
    result_deleted_at: Option<DateTimeUtc>,
}

pub(super) async fn find(
    transaction: &DatabaseTransaction,
    job_id: JobId,
) -> Result<Option<Job>, StoreError> {
    let row = summaries()
        .column(jobs::Column::Payload)
        .column(jobs::Column::Result)
        .column(jobs::Column::ResultDeletedAt)
        .filter(jobs::Column::Id.eq(job_id.as_uuid()))
        .into_model::<JobRow>()
        .one(transaction)
        .await?;
    let job = row.map(Job::try_from).transpose()?;
    with_dependencies(transaction, job.into_iter().collect())
        .await
        .map(|mut jobs| jobs.pop())
}

/// Those of the jobs that are there, in the order asked for.
pub(super) async fn find_several(
    transaction: &DatabaseTransaction,
    job_ids: &[JobId],
) -> Result<Vec<Job>, StoreError> {
    let rows = summaries()
        .column(jobs::Column::Payload)
        .column(jobs::Column::Result)
        .column(jobs::Column::ResultDeletedAt)
        .filter(jobs::Column::Id.is_in(job_ids.iter().map(|id| id.as_uuid())))
        .into_model::<JobRow>()
        .all(transaction)
        .await?;
    let mut by_id: HashMap<Uuid, JobRow> =
        rows.into_iter().map(|row| (row.summary.id, row)).collect();
    let in_order = job_ids.iter().filter_map(|id| by_id.remove(&id.as_uuid()));
    let jobs = in_order.map(Job::try_from).collect::<Result<_, _>>()?;
    with_dependencies(transaction, jobs).await
}

pub(super) async fn find_summary(
    transaction: &DatabaseTransaction,
    job_id: JobId,
) -> Result<Option<JobSummary>, StoreError> {
    let row = summaries()
        .filter(jobs::Column::Id.eq(job_id.as_uuid()))
        .into_model::<SummaryRow>()
        .one(transaction)
        .await?;
    row.map(TryInto::try_into).transpose()
}

pub(super) async fn list(
    transaction: &DatabaseTransaction,
    filter: &JobFilter,
    before: Option<JobId>,
    limit: u32,
) -> Result<Vec<JobSummary>, StoreError> {
    let mut query = summaries().filter(filter.condition());
    if let Some(before) = before {
        query = query.filter(jobs::Column::Id.lt(before.as_uuid()));
    }
    let rows = query
        .order_by_desc(jobs::Column::Id)
        .limit(u64::from(limit))
        .into_model::<SummaryRow>()
        .all(transaction)
        .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Every column but payload and result, which can be large, and the worker's name.
fn summaries() -> Select<jobs::Entity> {
    use jobs::Column as Job;
    jobs::Entity::find()
        .select_only()
        .columns([
            Job::Id,
            Job::TenantId,
            Job::CreatedBy,
            Job::Kind,
            Job::Queue,
            Job::Priority,
            Job::State,
            Job::Attempt,
            Job::Losses,
            Job::MaxAttempts,
            Job::TimeoutSeconds,
            Job::RunAt,
            Job::CreatedAt,
            Job::StartedAt,
            Job::FinishedAt,
            Job::CancelRequestedAt,
            Job::Traceparent,
            Job::Tags,
            Job::UniqueKey,
            Job::WaitingFor,
            Job::OnParentFailure,
            Job::RunAfter,
            Job::RetryBaseSeconds,
            Job::RetryMaxSeconds,
            Job::Error,
            Job::Progress,
        ])
        .column_as(workers::Column::Name, "worker")
        .join(JoinType::LeftJoin, jobs::Relation::Worker.def())
}

impl TryFrom<JobRow> for Job {
    type Error = StoreError;

    fn try_from(row: JobRow) -> Result<Self, StoreError> {
        let summary: JobSummary = row.summary.try_into()?;
        // What was deleted stands there as JSON's null, for services of an earlier version. What the service alone asks for
        // may hold more than whoever reads the tenant's jobs may see.
        let is_shown = row.result_deleted_at.is_none() && !summary.kind.is_internal();
        Ok(Self {
            summary,
            payload: row.payload,
            result: row.result.filter(|_| is_shown),
            result_deleted_at: row.result_deleted_at,
            depends_on: Vec::new(),
        })
    }
}

impl TryFrom<SummaryRow> for JobSummary {
    type Error = StoreError;

    fn try_from(row: SummaryRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: JobId::from_uuid(row.id),
            kind: parse("kind", &row.kind)?,
            queue: parse("queue", &row.queue)?,
            priority: parse("priority", &row.priority)?,
            state: parse("state", &row.state)?,
            attempt: count("attempt", row.attempt)?,
            max_attempts: count("max_attempts", row.max_attempts)?,
            losses: count("losses", row.losses)?,
            retry: retry_delays(row.retry_base_seconds, row.retry_max_seconds)?,
            timeout_seconds: count("timeout_seconds", row.timeout_seconds)?,
            error: row
                .error
                .map(|error| document("error", error))
                .transpose()?,
            progress: row.progress,
            created_by: UserId::from_uuid(row.created_by),
            tenant_id: TenantId::from_uuid(row.tenant_id),
            trace_id: row.traceparent.as_deref().and_then(trace_id),
            worker: row.worker,
            run_at: if row.waiting_for > 0 {
                row.run_after.unwrap_or(row.created_at)
            } else {
                row.run_at
            },
            created_at: row.created_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
            cancel_requested_at: row.cancel_requested_at,
            tags: row.tags,
            unique_key: row.unique_key,
            waiting_for: count("waiting_for", row.waiting_for)?,
            on_parent_failure: row
                .on_parent_failure
                .map(|policy| parse("on_parent_failure", &policy))
                .transpose()?,
        })
    }
}

/// The second part of a W3C `traceparent`.
fn trace_id(traceparent: &str) -> Option<String> {
    traceparent.split('-').nth(1).map(str::to_owned)
}
