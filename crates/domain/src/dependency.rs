//! A job's parents: the jobs that end before it begins.

use serde::{Deserialize, Serialize};

use crate::word::word_enum;
use crate::{JobFailure, JobId, JobState};

word_enum! {
    /// What a submission wants for its job when a parent does not succeed.
    #[derive(Default)]
    OnParentFailure, "policy for a parent that does not succeed" {
        /// The job is cancelled as soon as one parent has failed or was cancelled.
        #[default]
        Cancel = "cancel",
        /// The job runs once all parents have ended, however they did.
        Run = "run",
    }
}

/// How a submission names a parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum ParentReference {
    /// A job that exists.
    Job(JobId),
    /// An earlier job of the same batch.
    Item {
        /// Its place in the batch, from 0.
        item: usize,
    },
}

/// One of a job's parents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Dependency {
    /// The parent. It may have been deleted since it ended.
    pub job_id: JobId,
    /// How it ended, as the job was told: `succeeded`, `failed` or `cancelled`; none while the job waits for it.
    pub outcome: Option<JobState>,
}

/// What came of a parent, as the handler of its child reads it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ParentResult {
    /// Where it stands in the child's list, from 0.
    pub position: u32,
    /// The parent.
    pub job_id: JobId,
    /// How it ended: `succeeded`, `failed` or `cancelled`.
    pub outcome: JobState,
    /// What its handler returned; none when it did not succeed or was deleted since.
    pub result: Option<serde_json::Value>,
    /// Why it did not succeed; none when it did or was deleted since.
    pub error: Option<JobFailure>,
}
