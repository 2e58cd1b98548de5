//! Settling: the outcomes of runs, written in one statement per sort for all that are waiting.

use std::time::Duration;

use gantry_domain::{JobFailure, JobState, KindName, QueueName, TenantId, WorkerId, failure_code};
use gantry_queue::{JobEnded, Queue};
use gantry_store::{
    ClaimedJob, Completion, Failure, FreedPlace, Run, StoreError, WorkerStore, YieldedRun,
};
use tokio::sync::mpsc;

use crate::backoff::Backoff;
use crate::run_counter::RunCounter;
use crate::runs::RunEntry;

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
    Failed(Failure),
    /// Someone asked for its end.
    Cancelled(Run),
    /// Given back for any worker to take.
    Released(YieldedRun),
    /// Given back until later.
    Snoozed(YieldedRun, Duration),
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
            for settled in batch.drain(..) {
                let Settled {
                    outcome,
                    origin,
                    entry,
                } = settled;
                self.counter.ended(&origin.queue, &outcome);
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
            drop(entries);
            self.ring_for_next(&freed).await;
            if let Err(error) = self.queue.publish_ended(&ended).await {
                tracing::debug!(%error, "ended jobs were not announced; followers look by themselves");
            }
        }
    }

    /// Tells workers of those who waited for the places that runs have left.
    async fn ring_for_next(&self, freed: &[FreedPlace]) {
        if freed.is_empty() {
            return;
        }
        let rung = match self.store.next_for_places(freed).await {
            Ok(doorbells) => self.queue.ring(&doorbells).await.map_err(|e| e.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = rung {
            tracing::warn!(error, "nobody was told of free places; the reconciler will");
        }
    }

    async fn write(&self, outcomes: SortedOutcomes) -> Vec<JobEnded> {
        let mut ended = Vec::new();
        self.complete(&outcomes.completed, &mut ended).await;
        self.fail(&outcomes.failed, &mut ended).await;
        self.mark_cancelled(&outcomes.cancelled, &mut ended).await;
        self.release(&outcomes.released).await;
        for (yielded, delay) in outcomes.snoozed {
            until_written("snoozed runs", || {
                self.store.snooze(self.worker_id, yielded, delay)
            })
            .await;
        }
        ended
    }

    async fn complete(&self, completions: &[Completion], ended: &mut Vec<JobEnded>) {
        if completions.is_empty() {
            return;
        }
        let written = until_written("results", || {
            self.store.complete(self.worker_id, completions)
        })
        .await;
        let Some(runs) = written else {
            self.settle_one_by_one(completions, ended).await;
            return;
        };
        warn_of_stale(completions.len(), runs.len());
        ended.extend(runs.iter().map(|run| JobEnded {
            job_id: run.job_id,
            state: JobState::Succeeded,
        }));
    }

    /// One result that Postgres refuses must not hold up the others: it fails its job.
    async fn settle_one_by_one(&self, completions: &[Completion], ended: &mut Vec<JobEnded>) {
        for completion in completions {
            let one = std::slice::from_ref(completion);
            let written = until_written("a result", || self.store.complete(self.worker_id, one));
            if let Some(runs) = written.await {
                ended.extend(runs.iter().map(|run| JobEnded {
                    job_id: run.job_id,
                    state: JobState::Succeeded,
                }));
                continue;
            }
            let failure = Failure {
                run: completion.run,
                error: JobFailure::new(
                    failure_code::HANDLER_ERROR,
                    "the handler returned a result that Postgres cannot store",
                ),
                retry_after: None,
            };
            self.fail(&[failure], ended).await;
        }
    }

    async fn fail(&self, failures: &[Failure], ended: &mut Vec<JobEnded>) {
        if failures.is_empty() {
            return;
        }
        let written = until_written("failures", || self.store.fail(self.worker_id, failures)).await;
        let runs = written.unwrap_or_default();
        warn_of_stale(failures.len(), runs.len());
        ended.extend(runs.iter().map(|failed| JobEnded {
            job_id: failed.run.job_id,
            state: failed.state,
        }));
    }

    async fn mark_cancelled(&self, runs: &[Run], ended: &mut Vec<JobEnded>) {
        if runs.is_empty() {
            return;
        }
        let error = JobFailure::new(
            failure_code::CANCELLED,
            "someone asked for the end of the job, and its run was stopped",
        );
        let written = until_written("cancelled runs", || {
            self.store.mark_cancelled(self.worker_id, runs, &error)
        });
        ended.extend(
            written
                .await
                .unwrap_or_default()
                .iter()
                .map(|run| JobEnded {
                    job_id: run.job_id,
                    state: JobState::Cancelled,
                }),
        );
    }

    async fn release(&self, runs: &[YieldedRun]) {
        if runs.is_empty() {
            return;
        }
        let written = until_written("released runs", || self.store.release(self.worker_id, runs));
        let doorbells = written.await.unwrap_or_default();
        if let Err(error) = self.queue.ring(&doorbells).await {
            tracing::warn!(%error, "released jobs could not be announced; the reconciler will");
        }
    }
}

#[derive(Default)]
struct SortedOutcomes {
    completed: Vec<Completion>,
    failed: Vec<Failure>,
    cancelled: Vec<Run>,
    released: Vec<YieldedRun>,
    snoozed: Vec<(YieldedRun, Duration)>,
}

impl SortedOutcomes {
    fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Completed(completion) => self.completed.push(completion),
            Outcome::Failed(failure) => self.failed.push(failure),
            Outcome::Cancelled(run) => self.cancelled.push(run),
            Outcome::Released(yielded) => self.released.push(yielded),
            Outcome::Snoozed(yielded, delay) => self.snoozed.push((yielded, delay)),
        }
    }
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
