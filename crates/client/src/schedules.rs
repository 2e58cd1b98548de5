//! The endpoints about schedules as methods.

use gantry_domain::{
    Cron, Job, MissedPolicy, Schedule, ScheduleId, ScheduleName, ScheduleSummary, TimeZone,
};
use serde::Serialize;

use crate::client::{Client, Nothing};
use crate::error::Result;
use crate::page::Page;
use crate::submission::Submission;

/// A schedule to be created; what is left out is decided by the API.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NewSchedule {
    /// What it is called; no other schedule of the tenant may have the same name.
    pub name: ScheduleName,
    /// When it is due.
    pub cron: Cron,
    /// Whose clocks the times are read on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<TimeZone>,
    /// What becomes of ticks that passed while nobody could submit their jobs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missed: Option<MissedPolicy>,
    /// The jobs it submits; `run_at` has no meaning here and is refused.
    #[serde(flatten)]
    pub job: Submission,
}

/// A page to be listed.
#[derive(Serialize)]
struct PageQuery<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<&'a str>,
}

impl Client {
    /// Creates a schedule.
    pub async fn create_schedule(&self, schedule: &NewSchedule) -> Result<Schedule> {
        self.post("schedules", schedule).await
    }

    /// One page of schedules, the newest first: the first page, or the one after `cursor`.
    pub async fn schedules(&self, cursor: Option<&str>) -> Result<Page<ScheduleSummary>> {
        self.get("schedules", &PageQuery { cursor }).await
    }

    /// One schedule with its payload and its next ticks.
    pub async fn schedule(&self, id: ScheduleId) -> Result<Schedule> {
        self.get(&format!("schedules/{id}"), &()).await
    }

    /// Pauses a schedule; nothing piles up meanwhile.
    pub async fn pause_schedule(&self, id: ScheduleId) -> Result<Schedule> {
        self.post(&format!("schedules/{id}/pause"), &Nothing {})
            .await
    }

    /// Resumes a paused schedule.
    pub async fn resume_schedule(&self, id: ScheduleId) -> Result<Schedule> {
        self.post(&format!("schedules/{id}/resume"), &Nothing {})
            .await
    }

    /// Submits a job of the schedule now.
    pub async fn run_schedule(&self, id: ScheduleId) -> Result<Job> {
        self.post(&format!("schedules/{id}/run"), &Nothing {}).await
    }

    /// Deletes a schedule; the jobs it submitted stay.
    pub async fn delete_schedule(&self, id: ScheduleId) -> Result<()> {
        self.delete(&format!("schedules/{id}")).await
    }
}
