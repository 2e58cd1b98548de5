//! The state machine of a job: which cause may take it from which state to which.

use crate::word::word_enum;

word_enum! {
    /// Where a job stands.
    JobState, "job state" {
        /// Waits for its time, for instance for a retry, or for its parents.
        Scheduled = "scheduled",
        /// Waits for a worker.
        Queued = "queued",
        /// A worker holds it.
        Running = "running",
        /// Ended with a result.
        Succeeded = "succeeded",
        /// Ended with an error.
        Failed = "failed",
        /// Ended because someone asked for it.
        Cancelled = "cancelled",
    }
}

impl JobState {
    /// Whether nothing more happens to the job unless someone asks for it.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

word_enum! {
    /// Why a job changes its state.
    Cause, "cause" {
        /// Someone handed the job in.
        Submitted = "submitted",
        /// Its time has come.
        Due = "due",
        /// The last of its parents has ended.
        ParentsEnded = "parents_ended",
        /// A parent failed or was cancelled, and the job was to be cancelled then.
        ParentFailed = "parent_failed",
        /// A worker took it; the attempt number grows by one.
        Claimed = "claimed",
        /// The handler returned a result.
        Completed = "completed",
        /// The handler returned an error, or the deadline passed.
        Failed = "failed",
        /// The worker's lease ended; counted apart from attempts.
        Lost = "lost",
        /// The worker gave it back to drain; the attempt number is given back too.
        Released = "released",
        /// The handler asked to be called later; the attempt number is given back too.
        Snoozed = "snoozed",
        /// Someone asked for its end.
        Cancelled = "cancelled",
        /// Someone asked for a finished job to be run again.
        Redriven = "redriven",
    }
}

/// One row of the transition table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// Why.
    pub cause: Cause,
    /// From any of these states; empty for a job that did not exist.
    pub from: &'static [JobState],
    /// To one of these states.
    pub to: &'static [JobState],
}

use JobState::{Cancelled, Failed, Queued, Running, Scheduled, Succeeded};

/// The whole transition table; the store's statements, the schema's constraint and the protocol document are
/// compared with it by a test. A run that ends in any way but success after someone asked for its end leaves the job
/// cancelled.
pub const TRANSITIONS: &[Transition] = &[
    Transition {
        cause: Cause::Submitted,
        from: &[],
        to: &[Queued, Scheduled],
    },
    Transition {
        cause: Cause::Due,
        from: &[Scheduled],
        to: &[Queued],
    },
    Transition {
        cause: Cause::ParentsEnded,
        from: &[Scheduled],
        to: &[Queued],
    },
    Transition {
        cause: Cause::ParentFailed,
        from: &[Scheduled],
        to: &[Cancelled],
    },
    Transition {
        cause: Cause::Claimed,
        from: &[Queued],
        to: &[Running],
    },
    Transition {
        cause: Cause::Completed,
        from: &[Running],
        to: &[Succeeded],
    },
    Transition {
        cause: Cause::Failed,
        from: &[Running],
        to: &[Scheduled, Failed, Cancelled],
    },
    Transition {
        cause: Cause::Lost,
        from: &[Running],
        to: &[Queued, Failed, Cancelled],
    },
    Transition {
        cause: Cause::Released,
        from: &[Running],
        to: &[Queued, Cancelled],
    },
    Transition {
        cause: Cause::Snoozed,
        from: &[Running],
        to: &[Scheduled, Cancelled],
    },
    Transition {
        cause: Cause::Cancelled,
        from: &[Scheduled, Queued, Running],
        to: &[Cancelled],
    },
    Transition {
        cause: Cause::Redriven,
        from: &[Failed, Cancelled],
        to: &[Queued],
    },
];

impl Cause {
    /// Whether this cause may take a job from `from` to `to`.
    pub fn allows(self, from: Option<JobState>, to: JobState) -> bool {
        TRANSITIONS.iter().any(|transition| {
            transition.cause == self
                && transition.to.contains(&to)
                && match from {
                    None => transition.from.is_empty(),
                    Some(state) => transition.from.contains(&state),
                }
        })
    }
}
