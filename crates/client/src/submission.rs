//! A job to be handed in.

use chrono::{DateTime, Utc};
use gantry_domain::{
    KindName, OnConflict, OnParentFailure, ParentReference, Priority, QueueName, RetryDelays,
};
use serde::Serialize;

/// A job to be handed in; what is left out is decided by the kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Submission {
    /// What is to be done.
    pub kind: KindName,
    /// What the kind's handler is given.
    pub payload: serde_json::Value,
    /// Where it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueName>,
    /// How urgent it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Not before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_at: Option<DateTime<Utc>>,
    /// How many attempts it gets in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<u32>,
    /// The delays before its retries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetryDelays>,
    /// How long one attempt may take, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u32>,
    /// Free words for finding it again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// While a job of the kind with this key is live, no second one is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unique_key: Option<String>,
    /// What to do where the unique key is taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_conflict: Option<OnConflict>,
    /// The jobs that end before it begins.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<ParentReference>,
    /// What becomes of it when one of those does not succeed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_parent_failure: Option<OnParentFailure>,
}

impl Submission {
    /// A job of `kind` with everything else as the kind has it.
    pub fn new(kind: KindName, payload: serde_json::Value) -> Self {
        Self {
            kind,
            payload,
            queue: None,
            priority: None,
            run_at: None,
            max_attempts: None,
            retry: None,
            timeout_seconds: None,
            tags: Vec::new(),
            unique_key: None,
            on_conflict: None,
            depends_on: Vec::new(),
            on_parent_failure: None,
        }
    }
}
