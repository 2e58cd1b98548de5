//! The table `workers`.

use sea_orm::entity::prelude::*;

/// One worker process.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "workers")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) state: String,
    pub(crate) queues: Vec<String>,
    pub(crate) kinds: Vec<String>,
    pub(crate) concurrency: i32,
    pub(crate) version: String,
    pub(crate) started_at: DateTimeUtc,
    pub(crate) heartbeat_at: DateTimeUtc,
    pub(crate) lease_expires_at: DateTimeUtc,
}

/// A worker refers to nothing.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
