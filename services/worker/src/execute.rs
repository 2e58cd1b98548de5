//! Executing one run: call the handler, watch its time and its stop signal, and name the outcome.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use gantry_crash_points::{CrashPoint, reach};
use gantry_domain::{
    JobFailure, NewJob, RESULT_LIMIT_BYTES, failure_code, retry_delay, soft_deadline,
};
use gantry_store::{ClaimedJob, Completion, Failure, WorkerStore, YieldedRun};
use gantry_telemetry::{continue_trace, trace_id_of_current_span};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};
use tracing::{Instrument, Span, field};

use crate::handler::{Handler, HandlerError, JobContext};
use crate::journal::JournalSender;
use crate::registry::Registry;
use crate::runs::{RunEntry, Runs};
use crate::settle::{Outcome, RunOrigin, SettlerSender};
use crate::staging::{KindBook, Origin};
use crate::stop::{StopSender, StopSignal, stop_channel};
use crate::storable::{storable_json, storable_text};
use crate::{Account, JobLog, Parents, ProgressReporter, SoftDeadline, StagedChildren, StopReason};

/// How long a handler that was told to end may take before it is ended without being asked. Longer than the ladder by
/// which programs are stopped.
const STOP_GRACE: Duration = Duration::from_secs(60);

/// What every run needs of its session; all runs share it.
pub(crate) struct Executor {
    pub(crate) registry: Registry,
    pub(crate) runs: Runs,
    pub(crate) journal: JournalSender,
    pub(crate) settler: SettlerSender,
    pub(crate) lease: watch::Receiver<Instant>,
    pub(crate) worker_name: String,
    pub(crate) store: WorkerStore,
    pub(crate) kinds: KindBook,
}

/// What the handler returned, or that it panicked.
type HandlerResult = Result<Result<serde_json::Value, HandlerError>, Panic>;

/// The handler panicked; its words are in the worker's own log.
struct Panic;

impl Executor {
    /// Counts a claimed job's run in at once; what is returned runs it to its end and hands the outcome to the settler.
    pub(crate) fn execute(
        self: Arc<Self>,
        job: ClaimedJob,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (stop_sender, stop) = stop_channel();
        let entry = self.runs.enter(job.run, stop_sender.clone());
        let span = tracing::info_span!(
            "job",
            otel.kind = "consumer",
            tenant_id = %job.tenant_id,
            user_id = %job.created_by,
            job_id = %job.job_id(),
            kind = %job.kind,
            attempt = job.attempt,
            worker = %self.worker_name,
            outcome = field::Empty,
        );
        if let Some(traceparent) = &job.traceparent {
            continue_trace(&span, traceparent);
        }
        self.execute_in_span(job, entry, stop_sender, stop)
            .instrument(span)
    }

    async fn execute_in_span(
        self: Arc<Self>,
        job: ClaimedJob,
        entry: RunEntry,
        stop_sender: StopSender,
        stop: StopSignal,
    ) {
        if *self.lease.borrow() <= Instant::now() {
            stop_sender.stop(StopReason::LeaseLost);
        }
        let journal = self.journal.of(job.run, job.queue.clone());
        let log = JobLog::new(job.attempt, job.last_log_seq, journal.clone());
        let outcome = match self.registry.handler(&job.kind) {
            Some(handler) => {
                let progress = ProgressReporter::new(journal.clone(), log.clone());
                self.call(handler.as_ref(), &job, &log, progress, stop_sender, stop)
                    .await
            }
            // Claims name the kinds this worker can run, so this is another version's doing: hand it back.
            None => Some(Outcome::Released(yielded(&job, &log).await)),
        };
        journal.end().await;
        reach(CrashPoint::RunEnded);
        if let Some(outcome) = outcome {
            Span::current().record("outcome", outcome.name());
            // At every job's end nobody would read them; what did not go well is for operators.
            if outcome.is_success() {
                tracing::debug!(outcome = outcome.name(), "the run ended");
            } else {
                tracing::info!(outcome = outcome.name(), "the run ended");
            }
            self.settler
                .settle(outcome, RunOrigin::of(&job), entry)
                .await;
        }
    }

    /// None when the lease was lost: then nothing of the run may be written any more.
    async fn call(
        &self,
        handler: &dyn Handler,
        job: &ClaimedJob,
        log: &JobLog,
        progress: ProgressReporter,
        stop_sender: StopSender,
        stop: StopSignal,
    ) -> Option<Outcome> {
        let started_at = Instant::now();
        let deadline = started_at + Duration::from_secs(u64::from(job.timeout_seconds));
        let soft_deadline = SoftDeadline::at(started_at + soft_deadline(job.timeout_seconds));
        let origin = Origin {
            tenant_id: job.tenant_id,
            created_by: job.created_by,
            kind: job.kind.clone(),
            traceparent: job.traceparent.clone(),
        };
        let children = StagedChildren::new(origin, self.kinds.clone());
        let context = JobContext {
            job_id: job.job_id(),
            tenant_id: job.tenant_id,
            created_by: job.created_by,
            kind: job.kind.clone(),
            attempt: job.attempt,
            payload: job.payload.clone(),
            trace_id: trace_id_of_current_span(),
            deadline,
            soft_deadline,
            log: log.clone(),
            progress,
            parents: Parents::new(self.store.clone(), job.job_id(), job.has_parents),
            account: Account::new(self.store.clone(), job.job_id()),
            children: children.clone(),
            stop: stop.clone(),
            lease: self.lease.clone(),
        };
        let result = watch_over(handler, context, deadline, &stop_sender, stop.clone()).await;
        let reason = stop.reason();
        if reason == Some(StopReason::LeaseLost) {
            log_lost_lease();
            return None;
        }
        // A result counts even where the run was told to end meanwhile: the work is done.
        if let Some(Ok(Ok(result))) = result {
            return Some(self.completed(job, result, children.take()));
        }
        Some(self.outcome(job, log, result, reason).await)
    }

    async fn outcome(
        &self,
        job: &ClaimedJob,
        log: &JobLog,
        result: Option<HandlerResult>,
        reason: Option<StopReason>,
    ) -> Outcome {
        match (reason, result) {
            (Some(StopReason::Cancelled), _) => Outcome::Cancelled(job.run),
            (Some(StopReason::WorkerStopping), _) => Outcome::Released(yielded(job, log).await),
            (Some(_), _) => {
                let message = format!(
                    "the attempt took longer than its timeout of {} s and was stopped",
                    job.timeout_seconds
                );
                let error = JobFailure::new(failure_code::DEADLINE_EXCEEDED, message);
                self.failed(job, error, true)
            }
            (None, Some(Ok(Err(error)))) => self.refused(job, log, error).await,
            (None, Some(Err(Panic))) => {
                let error = JobFailure::new(
                    failure_code::HANDLER_PANICKED,
                    "the handler panicked; the worker's own log says where",
                );
                self.failed(job, error, true)
            }
            (None, Some(Ok(Ok(_))) | None) => {
                let error = JobFailure::new(
                    failure_code::HANDLER_ERROR,
                    "the handler was ended before it returned",
                );
                self.failed(job, error, true)
            }
        }
    }

    fn completed(
        &self,
        job: &ClaimedJob,
        result: serde_json::Value,
        children: Vec<NewJob>,
    ) -> Outcome {
        let size_bytes = result.to_string().len();
        if size_bytes > RESULT_LIMIT_BYTES {
            let message = format!(
                "the result has {size_bytes} bytes, above the limit of {RESULT_LIMIT_BYTES}"
            );
            let error = JobFailure::new(failure_code::RESULT_TOO_LARGE, message);
            return self.failed(job, error, false);
        }
        let completion = Completion {
            run: job.run,
            result: storable_json(result),
        };
        if children.is_empty() {
            Outcome::Completed(completion)
        } else {
            Outcome::CompletedWithChildren(completion, children)
        }
    }

    async fn refused(&self, job: &ClaimedJob, log: &JobLog, error: HandlerError) -> Outcome {
        match error {
            HandlerError::Retry(error) => self.failed(job, error, true),
            HandlerError::Final(error) => self.failed(job, error, false),
            HandlerError::Snooze(delay) => Outcome::Snoozed(yielded(job, log).await, delay),
        }
    }

    fn failed(&self, job: &ClaimedJob, error: JobFailure, may_retry: bool) -> Outcome {
        let failures = job.attempt.saturating_sub(job.losses).max(1);
        let policy = self.registry.retry_policy(&job.kind).with_delays(job.retry);
        Outcome::Failed(Failure {
            run: job.run,
            error: JobFailure {
                code: storable_text(error.code),
                message: storable_text(error.message),
                detail: error.detail.map(storable_json),
            },
            retry_after: may_retry.then(|| retry_delay(&policy, failures, rand::random())),
        })
    }
}

impl Outcome {
    const fn is_success(&self) -> bool {
        matches!(self, Self::Completed(_) | Self::CompletedWithChildren(..))
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Completed(_) | Self::CompletedWithChildren(..) => "completed",
            Self::Failed(_) => "failed",
            Self::Cancelled(_) => "cancelled",
            Self::Released(_) => "released",
            Self::Snoozed(..) => "snoozed",
        }
    }
}

/// Calls the handler. None when it had to be ended without being asked, because its lease was lost or it did not
/// listen within the grace; dropping it then kills the programs it runs.
async fn watch_over(
    handler: &dyn Handler,
    context: JobContext,
    deadline: Instant,
    stop_sender: &StopSender,
    mut stop: StopSignal,
) -> Option<HandlerResult> {
    let mut lease = stop.clone();
    let mut calling = std::pin::pin!(caught(handler, context));
    tokio::select! {
        result = &mut calling => return Some(result),
        () = sleep_until(deadline) => stop_sender.stop(StopReason::DeadlinePassed),
        _ = stop.stopped() => {}
    }
    tokio::select! {
        result = &mut calling => Some(result),
        () = sleep(STOP_GRACE) => None,
        () = lease.lease_lost() => None,
    }
}

/// A panic ends the run and not the worker.
async fn caught(handler: &dyn Handler, context: JobContext) -> HandlerResult {
    AssertUnwindSafe(handler.run(context))
        .catch_unwind()
        .await
        .map_err(|_| Panic)
}

async fn yielded(job: &ClaimedJob, log: &JobLog) -> YieldedRun {
    YieldedRun {
        run: job.run,
        last_log_seq: log.last_seq().await,
    }
}

fn log_lost_lease() {
    tracing::warn!(
        "the run was stopped because the worker's lease was lost; nothing of it is written"
    );
}
