//! A batch: jobs that were handed in together, and the job that follows when all of them have ended.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{BatchId, JobId, JobState, TenantId, UserId};

/// Jobs that were handed in together with a callback.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Batch {
    /// The batch's id.
    pub id: BatchId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Who handed it in.
    pub created_by: UserId,
    /// When it was accepted.
    pub created_at: DateTime<Utc>,
    /// The job that is queued when all jobs of the batch have ended, however they did.
    pub callback_job_id: JobId,
    /// Where that job stands.
    pub callback_state: JobState,
    /// How many jobs the batch has, the callback not counted.
    pub jobs: u32,
    /// How many of them stand where. A job that was deleted since counts as it ended.
    pub states: StateCounts,
}

/// How many jobs stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StateCounts {
    /// Wait for their time or for others.
    pub scheduled: u32,
    /// Wait for a worker.
    pub queued: u32,
    /// Are held by a worker.
    pub running: u32,
    /// Ended with a result.
    pub succeeded: u32,
    /// Ended with an error.
    pub failed: u32,
    /// Ended because someone asked for it, or because a parent did not succeed.
    pub cancelled: u32,
}

impl StateCounts {
    /// Counts jobs in.
    pub const fn add(&mut self, state: JobState, jobs: u32) {
        let count = match state {
            JobState::Scheduled => &mut self.scheduled,
            JobState::Queued => &mut self.queued,
            JobState::Running => &mut self.running,
            JobState::Succeeded => &mut self.succeeded,
            JobState::Failed => &mut self.failed,
            JobState::Cancelled => &mut self.cancelled,
        };
        *count += jobs;
    }

    /// How many jobs there are in all.
    pub const fn total(&self) -> u32 {
        self.scheduled + self.queued + self.running + self.succeeded + self.failed + self.cancelled
    }
}
