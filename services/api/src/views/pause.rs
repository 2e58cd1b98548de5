//! What came of pausing and resuming.

use gantry_domain::{Pause, PauseScope};
use serde::Serialize;
use utoipa::ToSchema;

/// A pause that lasts, and what was done about running jobs.
#[derive(Debug, Serialize, ToSchema)]
pub struct PauseView {
    /// The pause.
    #[serde(flatten)]
    pub pause: Pause,
    /// How many running jobs were told to end by this request.
    pub told_to_end: usize,
}

/// What was resumed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResumeView {
    /// Whose jobs no longer wait.
    pub scope: PauseScope,
    /// The queue's name, or the tenant's or user's id.
    pub subject: String,
    /// Whether it was paused at all.
    pub was_paused: bool,
}
