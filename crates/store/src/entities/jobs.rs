//! The table `jobs`.

use sea_orm::entity::prelude::*;

/// One job.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) created_by: Uuid,
    pub(crate) kind: String,
    pub(crate) queue: String,
    pub(crate) priority: String,
    pub(crate) state: String,
    pub(crate) attempt: i32,
    pub(crate) losses: i32,
    pub(crate) max_attempts: i32,
    pub(crate) timeout_seconds: i32,
    pub(crate) worker_id: Option<Uuid>,
    pub(crate) run_at: DateTimeUtc,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) started_at: Option<DateTimeUtc>,
    pub(crate) finished_at: Option<DateTimeUtc>,
    pub(crate) cancel_requested_at: Option<DateTimeUtc>,
    pub(crate) traceparent: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) unique_key: Option<String>,
    pub(crate) waiting_for: i32,
    pub(crate) on_parent_failure: Option<String>,
    pub(crate) run_after: Option<DateTimeUtc>,
    pub(crate) retry_base_seconds: Option<i32>,
    pub(crate) retry_max_seconds: Option<i32>,
    pub(crate) error: Option<Json>,
    pub(crate) progress: Option<Json>,
    pub(crate) payload: Json,
    pub(crate) result: Option<Json>,
    pub(crate) result_deleted_at: Option<DateTimeUtc>,
}

/// What a job refers to.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {
    /// The worker that runs or last ran it.
    #[sea_orm(
        belongs_to = "super::workers::Entity",
        from = "Column::WorkerId",
        to = "super::workers::Column::Id"
    )]
    Worker,
}

impl ActiveModelBehavior for ActiveModel {}
