//! The only writer of job state: one file per cause, each one guarded statement.

mod cancel;
mod cancelled;
mod claim;
mod complete;
mod due;
mod expire;
mod fail;
mod lose;
mod redrive;
mod run;
mod submit;
mod unique_key;
mod r#yield;

pub use cancel::CancelOutcome;
pub(crate) use cancel::{cancel, cancel_one};
pub(crate) use cancelled::mark_cancelled;
pub use claim::ClaimedJob;
pub(crate) use claim::{already_claimed, claim};
pub use complete::Completion;
pub(crate) use complete::complete;
pub(crate) use due::enqueue_due;
pub use expire::SweptJobs;
pub(crate) use expire::expire;
pub(crate) use fail::fail;
pub use fail::{FailedRun, Failure};
pub use lose::Rescued;
pub(crate) use lose::{mark_lost_workers, rescue_lost};
pub use redrive::RedriveOutcome;
pub(crate) use redrive::{redrive, redrive_one};
pub(crate) use run::{DOORBELL_COLUMNS, FENCE, doorbell, record_progress};
pub use run::{Run, RunProgress};
pub use submit::{Accepted, KeyedSubmission, RequestKey, SubmitOutcome};
pub(crate) use submit::{submit, submit_keyed, submit_within};
pub(crate) use unique_key::HOLDER_OF_UNIQUE_KEY;
pub use r#yield::YieldedRun;
pub(crate) use r#yield::{release, snooze};
