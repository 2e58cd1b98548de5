//! Changing all jobs that match.

use gantry_domain::{JobState, KindName, QueueName};
use serde::{Deserialize, Serialize};

use crate::job_filter::Submitter;

/// Which jobs to change: those that every field that is set fits. The API refuses an order without any filter.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct BulkOrder {
    /// Only jobs in one of these states; in any when empty.
    #[serde(rename = "state", skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<JobState>,
    /// Only jobs of this kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<KindName>,
    /// Only jobs in this queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueName>,
    /// Only jobs that carry this tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Only jobs of this person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<Submitter>,
    /// Only jobs whose last error carries this code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// Whether to count the jobs without changing them.
    pub dry_run: bool,
}

/// What became of the jobs that match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkOutcome {
    /// How many match and can be changed, up to the API's limit.
    pub matched: u64,
    /// How many of them were changed.
    pub changed: u64,
    /// Whether more match than the limit allows.
    pub remaining: bool,
}
