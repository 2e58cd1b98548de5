//! A schedule: jobs of one sort, submitted whenever a timetable says so.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::word::word_enum;
use crate::{
    JobId, KindName, NewJob, OnParentFailure, Priority, QueueName, SCHEDULE_GRACE_SECONDS,
    ScheduleId, ScheduleName, TenantId, Timetable, UserId,
};

word_enum! {
    /// What becomes of ticks that passed while nobody could submit their jobs.
    #[derive(Default)]
    MissedPolicy, "policy for missed ticks" {
        /// Those older than a minute are passed over.
        #[default]
        Skip = "skip",
        /// One job makes up for any number of them.
        RunOnce = "run_once",
    }
}

/// What a person decides about a schedule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScheduleTerms {
    /// What it is called; no other schedule of the tenant has the same name.
    pub name: ScheduleName,
    /// When it is due.
    #[serde(flatten)]
    pub timetable: Timetable,
    /// What becomes of ticks that passed while nobody could submit their jobs.
    pub missed: MissedPolicy,
    /// What is to be done.
    pub kind: KindName,
    /// Where the jobs wait.
    pub queue: QueueName,
    /// How urgent they are.
    pub priority: Priority,
    /// How many attempts each gets in all.
    pub max_attempts: u32,
    /// How long one attempt may take, in seconds.
    pub timeout_seconds: u32,
    /// Free words that each job carries.
    pub tags: Vec<String>,
}

/// A schedule without its payload, as lists show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScheduleSummary {
    /// The schedule's id.
    pub id: ScheduleId,
    /// What was decided about it.
    #[serde(flatten)]
    pub terms: ScheduleTerms,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Who created it; its jobs are theirs.
    pub created_by: UserId,
    /// Since when it is paused; null while it is not.
    pub paused_at: Option<DateTime<Utc>>,
    /// When it is due next; null while it is paused.
    pub next_run_at: Option<DateTime<Utc>>,
    /// When it last submitted a job.
    pub last_run_at: Option<DateTime<Utc>>,
    /// The job it last submitted.
    pub last_job_id: Option<JobId>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When someone last changed, paused or resumed it.
    pub updated_at: DateTime<Utc>,
}

/// A whole schedule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Schedule {
    /// Everything but the payload.
    #[serde(flatten)]
    pub summary: ScheduleSummary,
    /// What the kind's handler is given.
    pub payload: serde_json::Value,
    /// The next five ticks; none while it is paused.
    pub next_runs_at: Vec<DateTime<Utc>>,
}

/// A schedule that was checked and is about to be created.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSchedule {
    /// The schedule's id.
    pub id: ScheduleId,
    /// Who creates it.
    pub created_by: UserId,
    /// What was decided about it.
    pub terms: ScheduleTerms,
    /// What the kind's handler is given; valid against the kind's schema and free of NUL characters.
    pub payload: serde_json::Value,
}

/// What is to be done about a schedule that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Firing {
    /// Whether a job is submitted now.
    pub submits: bool,
    /// When the schedule is due next; later than now, or a tick within the grace whose turn is next.
    pub next_run_at: DateTime<Utc>,
}

impl ScheduleTerms {
    /// What is to be done at `now` about a schedule that was due at `due_at`, which has passed; none when its calendar
    /// ends.
    pub fn firing(&self, due_at: DateTime<Utc>, now: DateTime<Utc>) -> Option<Firing> {
        let fired = |next_run_at| Firing {
            submits: true,
            next_run_at,
        };
        if self.missed == MissedPolicy::RunOnce {
            return self.timetable.next_after(now).map(fired);
        }
        let grace_began_at = now - TimeDelta::seconds(SCHEDULE_GRACE_SECONDS);
        let tick = if due_at >= grace_began_at {
            due_at
        } else {
            self.timetable.next_after(grace_began_at)?
        };
        if tick <= now {
            return self.timetable.next_after(tick).map(fired);
        }
        Some(Firing {
            submits: false,
            next_run_at: tick,
        })
    }
}

impl Schedule {
    /// A job as the schedule submits it.
    pub fn job(&self) -> NewJob {
        let ScheduleSummary {
            terms,
            tenant_id,
            created_by,
            ..
        } = &self.summary;
        NewJob {
            id: JobId::generate(),
            tenant_id: *tenant_id,
            created_by: *created_by,
            kind: terms.kind.clone(),
            queue: terms.queue.clone(),
            priority: terms.priority,
            payload: self.payload.clone(),
            run_at: None,
            max_attempts: terms.max_attempts,
            timeout_seconds: terms.timeout_seconds,
            tags: terms.tags.clone(),
            retry: None,
            unique_key: None,
            parents: Vec::new(),
            on_parent_failure: OnParentFailure::default(),
            traceparent: None,
        }
    }
}
