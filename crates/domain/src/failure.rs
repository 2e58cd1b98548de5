//! Why a job, or one attempt of it, did not succeed.

use serde::{Deserialize, Serialize};

/// Why a job, or one attempt of it, did not succeed: words for people and a code for programs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobFailure {
    /// A stable snake_case word, for instance `deadline_exceeded`; see [`failure_code`] for Gantry's own.
    pub code: String,
    /// One sentence: what happened and, where there is something to do, what.
    pub message: String,
    /// More for programs, for instance an exit code; absent where there is nothing more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<serde_json::Value>,
}

impl JobFailure {
    /// A failure without further detail.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            detail: None,
        }
    }

    /// The same failure with more for programs.
    pub fn with_detail(mut self, detail: serde_json::Value) -> Self {
        self.detail = Some(detail);
        self
    }
}

/// The codes that Gantry itself gives; kinds may give others.
pub mod failure_code {
    /// The attempt took longer than its timeout and was stopped.
    pub const DEADLINE_EXCEEDED: &str = "deadline_exceeded";
    /// The workers that ran it were lost again and again; the job is parked.
    pub const POISON: &str = "poison";
    /// The worker that ran it was lost.
    pub const WORKER_LOST: &str = "worker_lost";
    /// The handler returned an error without a code of its own.
    pub const HANDLER_ERROR: &str = "handler_error";
    /// The handler staged a job that cannot be accepted.
    pub const CHILD_REFUSED: &str = "child_refused";
    /// The handler panicked.
    pub const HANDLER_PANICKED: &str = "handler_panicked";
    /// The result is larger than the limit.
    pub const RESULT_TOO_LARGE: &str = "result_too_large";
    /// Postgres refused to store how a run ended.
    pub const OUTCOME_REFUSED: &str = "outcome_refused";
    /// The payload does not fit what the handler expects.
    pub const INVALID_PAYLOAD: &str = "invalid_payload";
    /// The worker was stopped before the job could end.
    pub const WORKER_STOPPED: &str = "worker_stopped";
    /// A parent of the job failed or was cancelled, and the job was to be cancelled then.
    pub const PARENT_FAILED: &str = "parent_failed";
    /// Someone asked for the end of the job.
    pub const CANCELLED: &str = "cancelled";
}
