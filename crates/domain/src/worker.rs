//! A worker process as operators see it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::word::word_enum;
use crate::{KindName, QueueName, WorkerId};

word_enum! {
    /// How a worker stands.
    WorkerState, "worker state" {
        /// It takes jobs.
        Active = "active",
        /// It finishes what it has and takes no more.
        Draining = "draining",
        /// It said good-bye.
        Stopped = "stopped",
        /// Its lease ended without a good-bye.
        Lost = "lost",
    }
}

/// A worker process as operators see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkerSummary {
    /// The process's id; a restart gets a new one.
    pub id: WorkerId,
    /// The name the operator gave it.
    pub name: String,
    /// How it stands.
    pub state: WorkerState,
    /// The queues it serves.
    pub queues: Vec<QueueName>,
    /// The kinds it can run.
    pub kinds: Vec<KindName>,
    /// How many jobs it runs at once.
    pub concurrency: u32,
    /// The version of its program.
    pub version: String,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// When it last renewed its lease.
    pub heartbeat_at: DateTime<Utc>,
}
