//! The endpoints about pauses as methods.

use gantry_domain::{Pause, PauseScope, PauseSubject, RunningJobs};
use serde::{Deserialize, Serialize};

use crate::client::{Client, Nothing};
use crate::error::Result;
use crate::page::Page;

/// How to pause.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PauseOrder {
    /// Why, for those whose jobs wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What becomes of jobs that run.
    pub running: RunningJobs,
}

/// A pause that lasts, and what was done about running jobs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseOutcome {
    /// The pause.
    #[serde(flatten)]
    pub pause: Pause,
    /// How many running jobs were told to end.
    pub told_to_end: u64,
}

/// What was resumed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResumeOutcome {
    /// Whose jobs no longer wait.
    pub scope: PauseScope,
    /// The queue's name, or the id.
    pub subject: String,
    /// Whether it was paused at all.
    pub was_paused: bool,
}

impl Client {
    /// Holds back the jobs of a queue, tenant or person.
    pub async fn pause(&self, subject: &PauseSubject, order: &PauseOrder) -> Result<PauseOutcome> {
        self.post(&format!("{}/pause", path(subject)), order).await
    }

    /// Lets them go on.
    pub async fn resume(&self, subject: &PauseSubject) -> Result<ResumeOutcome> {
        self.post(&format!("{}/resume", path(subject)), &Nothing {})
            .await
    }

    /// The pauses that last, the oldest first.
    pub async fn pauses(&self) -> Result<Vec<Pause>> {
        let page: Page<Pause> = self.get("pauses", &()).await?;
        Ok(page.items)
    }
}

fn path(subject: &PauseSubject) -> String {
    format!("{}s/{}", subject.scope(), subject.name())
}
