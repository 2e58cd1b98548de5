//! Why a job is where it is.

use gantry_domain::{JobId, JobState};
use serde::Serialize;
use utoipa::ToSchema;

use crate::why::Reason;

/// One reason: its stable code, its facts, and a sentence for people.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplanationView {
    /// The code and the facts.
    #[serde(flatten)]
    reason: Reason,
    /// The sentence.
    sentence: String,
}

/// Why a job is where it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct WhyView {
    /// The job.
    pub job_id: JobId,
    /// Where it is.
    pub state: JobState,
    /// The first reason that applies.
    #[serde(flatten)]
    pub first: ExplanationView,
    /// Further reasons that apply.
    pub also: Vec<ExplanationView>,
}

impl ExplanationView {
    /// The reason with its sentence.
    pub fn of(reason: Reason) -> Self {
        Self {
            sentence: reason.sentence(),
            reason,
        }
    }
}
