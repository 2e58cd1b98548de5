//! Reading a tenant's jobs.

use gantry_domain::{Job, JobId, JobState, JobSummary, KindName, QueueName, TenantId, UserId};
use sea_orm::prelude::{DateTimeUtc, Json, Uuid};
use sea_orm::sea_query::Expr;
use sea_orm::sea_query::extension::postgres::PgExpr;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, FromQueryResult, JoinType, QueryFilter,
    QueryOrder, QuerySelect, RelationTrait, Select,
};

use crate::StoreError;
use crate::entities::{jobs, workers};
use crate::statement::{count, document, parse};

/// Which of a tenant's jobs to list; what is not given does not matter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JobFilter {
    /// Only those in one of these states.
    pub states: Vec<JobState>,
    /// Only those of this kind.
    pub kind: Option<KindName>,
    /// Only those in this queue.
    pub queue: Option<QueueName>,
    /// Only those that carry this tag.
    pub tag: Option<String>,
    /// Only those this person submitted.
    pub created_by: Option<UserId>,
}

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
}

pub(super) async fn find(
    transaction: &DatabaseTransaction,
    job_id: JobId,
) -> Result<Option<Job>, StoreError> {
    let row = summaries()
        .column(jobs::Column::Payload)
        .column(jobs::Column::Result)
        .filter(jobs::Column::Id.eq(job_id.as_uuid()))
        .into_model::<JobRow>()
        .one(transaction)
        .await?;
    row.map(|row| {
        Ok(Job {
            summary: row.summary.try_into()?,
            payload: row.payload,
            result: row.result,
        })
    })
    .transpose()
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
    let mut query = summaries();
    if !filter.states.is_empty() {
        let states = filter.states.iter().map(|state| state.as_str());
        query = query.filter(jobs::Column::State.is_in(states));
    }
    if let Some(kind) = &filter.kind {
        query = query.filter(jobs::Column::Kind.eq(kind.as_str()));
    }
    if let Some(queue) = &filter.queue {
        query = query.filter(jobs::Column::Queue.eq(queue.as_str()));
    }
    if let Some(tag) = &filter.tag {
        let tags = Expr::col((jobs::Entity, jobs::Column::Tags));
        query = query.filter(tags.contains(Expr::val(vec![tag.clone()])));
    }
    if let Some(created_by) = filter.created_by {
        query = query.filter(jobs::Column::CreatedBy.eq(created_by.as_uuid()));
    }
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
            Job::Error,
            Job::Progress,
        ])
        .column_as(workers::Column::Name, "worker")
        .join(JoinType::LeftJoin, jobs::Relation::Worker.def())
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
            run_at: row.run_at,
            created_at: row.created_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
            cancel_requested_at: row.cancel_requested_at,
            tags: row.tags,
        })
    }
}

/// The second part of a W3C `traceparent`.
fn trace_id(traceparent: &str) -> Option<String> {
    traceparent.split('-').nth(1).map(str::to_owned)
}
