//! What a job kind's code looks like to the worker: one trait, and the context it is called with.

use std::time::Duration;

use async_trait::async_trait;
use gantry_domain::{JobFailure, JobId, KindDeclaration, KindName, TenantId, UserId, failure_code};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::{
    Account, JobLog, Parents, ProgressReporter, RefusedChild, SoftDeadline, StagedChildren,
    StopSignal,
};

/// The code of one job kind.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// The kind: its name, payload schema, queue and defaults. Announced once when the worker starts.
    fn declaration(&self) -> KindDeclaration;

    /// Runs one attempt at a job. It may be called again for the same job, so its effects outside Gantry should bear
    /// repeating. When `job.stop` speaks it should return soon, whatever it returns.
    async fn run(&self, job: JobContext) -> Result<serde_json::Value, HandlerError>;
}

/// Everything a handler is given for one attempt.
pub struct JobContext {
    /// The job.
    pub job_id: JobId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Who submitted it.
    pub created_by: UserId,
    /// What is to be done.
    pub kind: KindName,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// What the submitter gave; valid against the kind's schema as it was then.
    pub payload: serde_json::Value,
    /// The W3C trace this attempt belongs to, 32 hexadecimal digits.
    pub trace_id: Option<String>,
    /// When the attempt's time is up, and it is stopped.
    pub deadline: Instant,
    /// When the attempt is told that its time is running out, so that it can save what it has.
    pub soft_deadline: SoftDeadline,
    /// Where its log lines go.
    pub log: JobLog,
    /// Where its progress goes.
    pub progress: ProgressReporter,
    /// What came of the jobs that the job has waited for.
    pub parents: Parents,
    /// What is the person's for whom the job was made, if it is the job of an export.
    pub account: Account,
    /// Where jobs go that are to follow when this attempt succeeds.
    pub children: StagedChildren,
    /// Tells when, and why, the attempt is to end early.
    pub stop: StopSignal,
    /// Until when the worker may act for this job; moves on with each renewal of the worker's lease.
    pub lease: watch::Receiver<Instant>,
}

/// Why a handler has no result.
#[derive(Debug, Clone, PartialEq)]
pub enum HandlerError {
    /// Another attempt may succeed.
    Retry(JobFailure),
    /// No further attempt can succeed.
    Final(JobFailure),
    /// Not now: call again after this time. Costs no attempt.
    Snooze(Duration),
}

impl From<RefusedChild> for HandlerError {
    /// What is wrong with a job stays wrong, unless its kind could not be looked up or is still to be announced.
    fn from(refused: RefusedChild) -> Self {
        let failure = JobFailure::new(failure_code::CHILD_REFUSED, refused.to_string());
        match refused {
            RefusedChild::Store(_) | RefusedChild::UnknownKind(_) => Self::Retry(failure),
            _ => Self::Final(failure),
        }
    }
}

impl From<anyhow::Error> for HandlerError {
    /// An error of unknown kind is taken for one that may pass.
    fn from(error: anyhow::Error) -> Self {
        Self::Retry(JobFailure::new(
            failure_code::HANDLER_ERROR,
            format!("{error:#}"),
        ))
    }
}
