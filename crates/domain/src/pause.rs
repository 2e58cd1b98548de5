//! A pause: whose waiting jobs are not dispatched until someone resumes them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::word::word_enum;
use crate::{QueueName, TenantId, UserId};

word_enum! {
    /// Whose jobs a pause holds back.
    PauseScope, "scope of a pause" {
        /// Those of one queue.
        Queue = "queue",
        /// Those of one tenant.
        Tenant = "tenant",
        /// Those one person submitted, in any tenant.
        User = "user",
    }
}

word_enum! {
    /// What becomes of the jobs that run when theirs is paused.
    #[derive(Default)]
    RunningJobs, "choice for running jobs" {
        /// They run to their end.
        #[default]
        Continue = "continue",
        /// They are told to end, and are cancelled.
        Cancel = "cancel",
    }
}

/// What is paused or resumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PauseSubject {
    /// A queue.
    Queue(QueueName),
    /// A tenant.
    Tenant(TenantId),
    /// A person.
    User(UserId),
}

/// A pause that lasts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pause {
    /// Whose jobs wait.
    pub scope: PauseScope,
    /// The queue's name, or the tenant's or user's id.
    pub subject: String,
    /// Why, in the words of who paused it.
    pub reason: Option<String>,
    /// Since when.
    pub paused_at: DateTime<Utc>,
    /// Who paused it; null for callers who are no operators.
    pub paused_by: Option<UserId>,
    /// What that person was called; null for callers who are no operators.
    pub paused_by_name: Option<String>,
}

impl PauseSubject {
    /// Of which scope it is.
    pub const fn scope(&self) -> PauseScope {
        match self {
            Self::Queue(_) => PauseScope::Queue,
            Self::Tenant(_) => PauseScope::Tenant,
            Self::User(_) => PauseScope::User,
        }
    }

    /// The queue's name, or the id.
    pub fn name(&self) -> String {
        match self {
            Self::Queue(queue) => queue.to_string(),
            Self::Tenant(tenant) => tenant.to_string(),
            Self::User(user) => user.to_string(),
        }
    }
}

impl Pause {
    /// The same as those may know it who are no operators: when and why, and not by whom.
    #[must_use]
    pub fn without_person(self) -> Self {
        Self {
            paused_by: None,
            paused_by_name: None,
            ..self
        }
    }
}
