//! The word that a job waits: all a worker needs to claim it.

use crate::{JobId, Priority, QueueName, TenantShard};

/// The word that a job waits. It may come twice, late or never: the job's row in Postgres is the truth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doorbell {
    /// The job that waits.
    pub job_id: JobId,
    /// Which of the job's dispatches this is; a claim for an older one is refused.
    pub dispatch: u32,
    /// Where it waits.
    pub queue: QueueName,
    /// How urgent it is.
    pub priority: Priority,
    /// Whose turn it waits for.
    pub shard: TenantShard,
    /// The W3C trace context of the submission.
    pub traceparent: Option<String>,
}
