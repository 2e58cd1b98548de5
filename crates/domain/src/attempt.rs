//! One attempt at a job.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::JobFailure;
use crate::word::word_enum;

word_enum! {
    /// How an attempt stands or ended.
    AttemptOutcome, "attempt outcome" {
        /// It is going on.
        Running = "running",
        /// The handler returned a result.
        Succeeded = "succeeded",
        /// The handler returned an error, or the deadline passed.
        Failed = "failed",
        /// Its worker was lost.
        Lost = "lost",
        /// Someone asked for its end.
        Cancelled = "cancelled",
    }
}

/// One attempt at a job. An attempt that was given back (released or snoozed) is not listed: its number is used
/// again by the next run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Attempt {
    /// Its number, from 1.
    pub attempt: u32,
    /// How it stands or ended.
    pub outcome: AttemptOutcome,
    /// The name of the worker that ran it.
    pub worker: Option<String>,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// Why it did not succeed.
    pub error: Option<JobFailure>,
}
