//! A job that was checked and is about to be accepted.

use chrono::{DateTime, Utc};

use crate::{JobId, KindName, OnParentFailure, Priority, QueueName, RetryDelays, TenantId, UserId};

/// A job that was checked and is about to be accepted; the store writes it as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// The job's id.
    pub id: JobId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Who submitted it.
    pub created_by: UserId,
    /// What is to be done.
    pub kind: KindName,
    /// Where it waits.
    pub queue: QueueName,
    /// How urgent it is.
    pub priority: Priority,
    /// What the handler is given; valid against the kind's schema and free of NUL characters.
    pub payload: serde_json::Value,
    /// Not before this time; a time that has passed, or none, means now.
    pub run_at: Option<DateTime<Utc>>,
    /// How many attempts it gets in all.
    pub max_attempts: u32,
    /// The delays before its retries; the kind's unless given.
    pub retry: Option<RetryDelays>,
    /// How long one attempt may take, in seconds.
    pub timeout_seconds: u32,
    /// Free words for finding it again.
    pub tags: Vec<String>,
    /// What no other live job of its tenant and kind may carry.
    pub unique_key: Option<String>,
    /// The jobs of the same tenant that end before it begins: jobs that exist, or that stand before it in its submission.
    pub parents: Vec<JobId>,
    /// What becomes of it when a parent does not succeed.
    pub on_parent_failure: OnParentFailure,
    /// The W3C trace context of the submission, carried on to the handler.
    pub traceparent: Option<String>,
}
