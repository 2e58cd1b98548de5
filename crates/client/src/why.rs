//! Why a job is where it is, as the API explains it.

use gantry_domain::{JobId, JobState};
use serde::{Deserialize, Serialize};

/// Why a job is where it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Why {
    /// The job.
    pub job_id: JobId,
    /// Where it is.
    pub state: JobState,
    /// The first reason.
    #[serde(flatten)]
    pub first: Explanation,
    /// Further reasons that apply.
    pub also: Vec<Explanation>,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// A stable code.
    pub reason: String,
    /// The reason for people.
    pub sentence: String,
    /// Its facts; which there are depends on the code.
    pub details: serde_json::Value,
}
