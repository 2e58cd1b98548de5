//! How a queue is doing: what waits, what runs, and how fast.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{Pause, QueueName};

/// How many jobs wait in a queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueueDepth {
    /// Those of high priority.
    pub high: u64,
    /// Those of normal priority.
    pub normal: u64,
    /// Those of low priority.
    pub low: u64,
    /// All of them.
    pub total: u64,
}

/// How many runs begin and end, averaged over the last five minutes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueueRates {
    /// Runs that began.
    pub started_per_minute: f64,
    /// Runs that ended with an outcome, whichever.
    pub finished_per_minute: f64,
    /// Those of them that failed, retried or not.
    pub failed_per_minute: f64,
}

/// A queue as it is now. Operators see the jobs of all tenants counted, others those of their own tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueueStatus {
    /// The queue's name.
    pub name: QueueName,
    /// How many jobs wait.
    pub depth: QueueDepth,
    /// Since when the one waits that waits the longest; null when none waits.
    pub oldest_waiting_at: Option<DateTime<Utc>>,
    /// How many jobs run.
    pub running: u64,
    /// How many live workers take jobs from it.
    pub workers: u32,
    /// The pause that holds its jobs back; null when it is not paused.
    pub paused: Option<Pause>,
    /// How fast its jobs of all tenants run; null for callers who are no operators, and while Redis is away.
    pub rates: Option<QueueRates>,
}
