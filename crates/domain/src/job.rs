//! A job as everyone outside the store sees it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    Dependency, JobFailure, JobId, JobState, KindName, OnParentFailure, Priority, QueueName,
    RetryDelays, TenantId, UserId,
};

/// A job without its payload and result, as lists show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobSummary {
    /// The job's id.
    pub id: JobId,
    /// What is to be done.
    pub kind: KindName,
    /// Where it waits.
    pub queue: QueueName,
    /// How urgent it is.
    pub priority: Priority,
    /// Where it stands.
    pub state: JobState,
    /// Which attempt it is in or ended with; 0 before the first.
    pub attempt: u32,
    /// How many attempts it gets in all.
    pub max_attempts: u32,
    /// How many of its attempts ended because their worker was lost; these do not count against `max_attempts`.
    pub losses: u32,
    /// The delays before its retries; none where the kind's hold.
    #[serde(default)]
    pub retry: Option<RetryDelays>,
    /// How long one attempt may take, in seconds.
    pub timeout_seconds: u32,
    /// Why the job, or its last attempt, did not succeed.
    pub error: Option<JobFailure>,
    /// What the handler last reported; its shape is the kind's.
    pub progress: Option<serde_json::Value>,
    /// Who submitted it.
    pub created_by: UserId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The W3C trace it belongs to, 32 hexadecimal digits.
    pub trace_id: Option<String>,
    /// The name of the worker that runs or last ran it.
    pub worker: Option<String>,
    /// Not before this time.
    pub run_at: DateTime<Utc>,
    /// When it was accepted.
    pub created_at: DateTime<Utc>,
    /// When its last attempt started.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// When someone asked for its end while it was running.
    pub cancel_requested_at: Option<DateTime<Utc>>,
    /// Free words for finding it again.
    pub tags: Vec<String>,
    /// What no other live job of its tenant and kind may carry.
    pub unique_key: Option<String>,
    /// How many of its parents have yet to end before it can be queued.
    #[serde(default)]
    pub waiting_for: u32,
    /// What becomes of it when a parent does not succeed; none for a job without parents.
    #[serde(default)]
    pub on_parent_failure: Option<OnParentFailure>,
}

/// A whole job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Job {
    /// Everything but payload and result.
    #[serde(flatten)]
    pub summary: JobSummary,
    /// What the kind's handler is given.
    pub payload: serde_json::Value,
    /// What the kind's handler returned; also absent once it was deleted, and of kinds that the service alone asks for.
    pub result: Option<serde_json::Value>,
    /// When the result was deleted because it had been kept long enough.
    pub result_deleted_at: Option<DateTime<Utc>>,
    /// Its parents, in the order of the submission.
    #[serde(default)]
    pub depends_on: Vec<Dependency>,
}
