//! Settling: the outcomes of runs, written in one statement per sort for all that are waiting.

mod ended;
mod staged;

use std::ops::Range;
use std::time::Duration;

use gantry_crash_points::{CrashPoint, reach};
use gantry_domain::{
    JobFailure, JobId, JobState, KindName, NewJob, QueueName, TenantId, WorkerId, failure_code,
};
use gantry_queue::{JobLines, Queue};
use gantry_store::{
    ClaimedJob, Completion, Failure, FreedPlace, Run, StoreError, WorkerStore, YieldedRun,
};
use tokio::sync::mpsc;

use crate::backoff::Backoff;
use crate::children;
use crate::pace::let_the_next_step_grow;
use crate::run_counter::RunCounter;
use crate::runs::RunEntry;

use ended::Ended;

/// How many outcomes share a flush.
const BATCH_OUTCOMES: usize = 500;
/// How many outcomes may wait; then runs wait to hand theirs over.
const WAITING_OUTCOMES: usize = 500;

/// What an outcome concerns beyond its job.
#[derive(Debug, Clone)]
pub(crate) struct RunOrigin {
    pub(crate) tenant_id: TenantId,
    pub(crate) kind: KindName,
    pub(crate) queue: QueueName,
    /// Whether the run takes a place under a concurrency limit.
    pub(crate) is_limited: bool,
}

impl RunOrigin {
    pub(crate) fn of(job: &ClaimedJob) -> Self {
        Self {
            tenant_id: job.tenant_id,
            kind: job.kind.clone(),
            queue: job.queue.clone(),
            is_limited: job.is_limited,
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    Completed(Completion),
    /// With jobs that come into being together with the result.
    CompletedWithChildren(Completion, Vec<NewJob>),
    Failed(Failure),
    /// Someone asked for its end.
    Cancelled(Run),
    /// Given back for any worker to take.
    Released(YieldedRun),
    /// Given back until later.
    Snoozed(YieldedRun, Duration),
}

impl Outcome {
    const fn job_id(&self) -> JobId {
        match self {
            Self::Completed(completion) | Self::CompletedWithChildren(completion, _) => {
                completion.run.job_id
            }
            Self::Failed(failure) => failure.run.job_id,
            Self::Cancelled(run) => run.job_id,
            Self::Released(yielded) | Self::Snoozed(yielded, _) => yielded.run.job_id,
        }
    }
}

/// An outcome on its way to be written.
struct Settled {
    outcome: Outcome,
    origin: RunOrigin,
    entry: RunEntry,
}

/// The side of the runs.
#[derive(Clone)]
pub(crate) struct SettlerSender {
    outcomes: mpsc::Sender<Settled>,
}

impl SettlerSender {
    /// Hands an outcome over; the run counts as going on until it is written. A settler that has ended belongs to a lost
    /// lease: the outcome may not be written any more, and another worker will run the job.
    pub(crate) async fn settle(&self, outcome: Outcome, origin: RunOrigin, entry: RunEntry) {
        let settled = Settled {
            outcome,
            origin,
            entry,
        };
        let _ = self.outcomes.send(settled).await;
    }
}

/// The side that writes.
pub(crate) struct Settler {
    outcomes: mpsc::Receiver<Settled>,
    store: WorkerStore,
    queue: Queue,
    worker_id: WorkerId,
    counter: RunCounter,
}

pub(crate) fn settler(
    store: WorkerStore,
    queue: Queue,
    worker_id: WorkerId,
    counter: RunCounter,
) -> (SettlerSender, Settler) {
    let (sender, outcomes) = mpsc::channel(WAITING_OUTCOMES);
    let settler = Settler {
        outcomes,
        store,
        queue,
        worker_id,
        counter,
    };
    (SettlerSender { outcomes: sender }, settler)
}

impl Settler {
    /// Writes what comes until every sender is gone: at once when idle, together when busy. Dropped when the lease is
    /// lost.
    pub(crate) async fn keep(mut self) {
        let mut batch = Vec::new();
        while self.outcomes.recv_many(&mut batch, BATCH_OUTCOMES).await > 0 {
            let mut sorted = SortedOutcomes::default();
            let mut entries = Vec::with_capacity(batch.len());
            let mut freed = Vec::new();
            let mut changed = Vec::new();
            for settled in batch.drain(..) {
                let Settled {
                    outcome,
                    origin,
                    entry,
                } = settled;
                self.counter.ended(&origin.queue, &outcome);
                if self.store.is_enrolled() {
                    changed.push(JobLines {
                        job_id: outcome.job_id(),
                        queue: origin.queue,
                        lines: Vec::new(),
                    });
                }
                if origin.is_limited {
                    freed.push(FreedPlace {
                        tenant_id: origin.tenant_id,
                        kind: origin.kind,
                    });
                }
                sorted.add(outcome);
                entries.push(entry);
            }
            let ended = self.write(sorted).await;
            let count = entries.len();
            drop(entries);
            reach(CrashPoint::OutcomesWritten);
            self.ring_for_next(&freed).await;
            let published = if self.store.is_enrolled() {
                // It may not touch other jobs, nor write where all jobs are announced: the maintenance tells the children,
                // and followers hear of it in the job's own feed.
                self.queue.publish_lines(&changed).await
            } else {
                children::tell(&self.store, &self.queue, &ended.parents).await;
                self.queue.publish_ended(&ended.jobs).await
            };
            if let Err(error) = published {
                tracing::debug!(%error, "ended jobs were not announced; followers look by themselves");
            }
            reach(CrashPoint::OutcomesPublished);
            let_the_next_step_grow(count).await;
        }
    }

    /// Tells workers of those who waited for the places that runs have left.
    async fn ring_for_next(&self, freed: &[FreedPlace]) {
        if freed.is_empty() {
            return;
        }
        let next = self.store.next_for_places(freed).await;
        reach(CrashPoint::NextJobsFound);
        let rung = match next {
            Ok(doorbells) => self.queue.ring(&doorbells).await.map_err(|e| e.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = rung {
            tracing::warn!(error, "nobody was told of free places; the reconciler will");
        }
    }

    async fn write(&self, outcomes: SortedOutcomes) -> Ended {
        let mut ended = Ended::default();
        self.complete(&outcomes.completed, &mut ended).await;
        for (completion, children) in &outcomes.completed_with_children {
            self.complete_with_children(completion, children, &mut ended)
                .await;
        }
        self.fail(&outcomes.failed, &mut ended).await;
        self.mark_cancelled(&outcomes.cancelled, &mut ended).await;
        self.release(&outcomes.released, &mut ended).await;
        for (yielded, delay) in outcomes.snoozed {
            let written = until_written("snoozed runs", || {
                self.store.snooze(self.worker_id, yielded, delay)
            });
            if written.await.is_none() {
                self.fail_refused(yielded.run, &mut ended).await;
            }
        }
        ended
    }

    async fn complete(&self, completions: &[Completion], ended: &mut Ended) {
        let outcomes = write_all("results", completions.len(), |part| {
            self.store.complete(self.worker_id, &completions[part])
        })
        .await;
        ended.add_runs(&outcomes.written, JobState::Succeeded);
        for place in outcomes.refused {
            self.fail_refused(completions[place].run, ended).await;
        }
    }

    async fn fail(&self, failures: &[Failure], ended: &mut Ended) {
        let outcomes = write_all("failures", failures.len(), |part| {
            self.store.fail(self.worker_id, &failures[part])
        })
        .await;
        ended.add_failed(&outcomes.written);
        for place in outcomes.refused {
            self.fail_refused(failures[place].run, ended).await;
        }
    }

    async fn mark_cancelled(&self, runs: &[Run], ended: &mut Ended) {
        let error = JobFailure::new(
            failure_code::CANCELLED,
            "someone asked for the end of the job, and its run was stopped",
        );
        let outcomes = write_all("cancelled runs", runs.len(), |part| {
            self.store
                .mark_cancelled(self.worker_id, &runs[part], &error)
        })
        .await;
        ended.add_runs(&outcomes.written, JobState::Cancelled);
        for place in outcomes.refused {
            self.fail_refused(runs[place], ended).await;
        }
    }

    async fn release(&self, runs: &[YieldedRun], ended: &mut Ended) {
        let outcomes = write_all("released runs", runs.len(), |part| {
            self.store.release(self.worker_id, &runs[part])
        })
        .await;
        if !outcomes.written.is_empty() {
            reach(CrashPoint::RunsReleased);
        }
        if let Err(error) = self.queue.ring(&outcomes.written).await {
            tracing::warn!(%error, "released jobs could not be announced; the reconciler will");
        }
        for place in outcomes.refused {
            self.fail_refused(runs[place].run, ended).await;
        }
    }

    /// A run whose outcome Postgres refuses would stay running for as long as its worker lives: its job fails instead.
    async fn fail_refused(&self, run: Run, ended: &mut Ended) {
        let failure = Failure {
            run,
            error: JobFailure::new(
                failure_code::OUTCOME_REFUSED,
                "Postgres refused to store how the run ended; the worker's own log says why",
            ),
            retry_after: None,
        };
        let failures = std::slice::from_ref(&failure);
        let written = until_written("the failure of a job whose outcome was refused", || {
            self.store.fail(self.worker_id, failures)
        });
        ended.add_failed(&written.await.unwrap_or_default());
    }
}

#[derive(Default)]
struct SortedOutcomes {
    completed: Vec<Completion>,
    completed_with_children: Vec<(Completion, Vec<NewJob>)>,
    failed: Vec<Failure>,
    cancelled: Vec<Run>,
    released: Vec<YieldedRun>,
    snoozed: Vec<(YieldedRun, Duration)>,
}

impl SortedOutcomes {
    fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Completed(completion) => self.completed.push(completion),
            Outcome::CompletedWithChildren(completion, children) => {
                self.completed_with_children.push((completion, children));
            }
            Outcome::Failed(failure) => self.failed.push(failure),
            Outcome::Cancelled(run) => self.cancelled.push(run),
            Outcome::Released(yielded) => self.released.push(yielded),
            Outcome::Snoozed(yielded, delay) => self.snoozed.push((yielded, delay)),
        }
    }
}

/// What became of outcomes of one sort.
struct WrittenOutcomes<Row> {
    /// What Postgres answered for those that were written.
    written: Vec<Row>,
    /// The places of those that it refuses even alone.
    refused: Vec<usize>,
}

/// Writes `count` outcomes together; where Postgres refuses that, one by one, so that a bad one holds up no other.
async fn write_all<Row, F: Future<Output = Result<Vec<Row>, StoreError>>>(
    what: &str,
    count: usize,
    write: impl Fn(Range<usize>) -> F,
) -> WrittenOutcomes<Row> {
    let mut all = WrittenOutcomes {
        written: Vec::new(),
        refused: Vec::new(),
    };
    if count == 0 {
        return all;
    }
    match until_written(what, || write(0..count)).await {
        Some(written) => all.written = written,
        None => {
            for place in 0..count {
                match until_written(what, || write(place..place + 1)).await {
                    Some(written) => all.written.extend(written),
                    None => all.refused.push(place),
                }
            }
        }
    }
    warn_of_stale(count, all.written.len() + all.refused.len());
    all
}

fn warn_of_stale(handed_over: usize, written: usize) {
    if written < handed_over {
        tracing::warn!(
            count = handed_over - written,
            "outcomes of runs that are no longer this worker's were not written"
        );
    }
}

/// Tries until Postgres answers. None when it refuses the statement itself.
async fn until_written<T, F: Future<Output = Result<T, StoreError>>>(
    what: &str,
    mut write: impl FnMut() -> F,
) -> Option<T> {
    let mut backoff = Backoff::new();
    loop {
        match write().await {
            Ok(written) => return Some(written),
            Err(StoreError::Unavailable(error)) => {
                if backoff.is_fresh() {
                    tracing::warn!(%error, "{what} cannot be written now; trying again");
                }
                backoff.pause().await;
            }
            Err(error) => {
                tracing::error!(%error, "{what} were refused");
                return None;
            }
        }
    }
}
