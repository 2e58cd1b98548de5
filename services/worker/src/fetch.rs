//! Fetching: read as many doorbells as there is room for, claim their jobs, and start the runs.

use std::sync::Arc;

use gantry_crash_points::{CrashPoint, reach};
use gantry_domain::{KindName, WorkerId};
use gantry_queue::{Delivered, DoorbellReader};
use gantry_store::{ClaimedJob, Run, StoreError, WorkerStore};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::backoff::Backoff;
use crate::execute::Executor;
use crate::health::Pulse;
use crate::pace::let_the_next_step_grow;
use crate::run_counter::RunCounter;
use crate::shutdown::{Shutdown, Urgency};

/// Takes jobs while there is room for them.
pub(crate) struct Fetcher {
    pub(crate) reader: DoorbellReader,
    pub(crate) store: WorkerStore,
    pub(crate) worker_id: WorkerId,
    pub(crate) kinds: Vec<KindName>,
    pub(crate) room: Arc<Semaphore>,
    pub(crate) executor: Arc<Executor>,
    pub(crate) counter: RunCounter,
    pub(crate) pulse: Pulse,
    pub(crate) shutdown: Shutdown,
}

impl Fetcher {
    /// Takes jobs until the worker is to stop, and then gives back what it was told of and has not claimed. Ended in
    /// the middle by a lost lease it leaves nothing behind that is not made good: a doorbell that was not acted upon is
    /// given back by the maintenance, and a job that was claimed and not started is rescued.
    pub(crate) async fn keep(mut self) {
        self.take_jobs().await;
        if let Err(error) = self.reader.give_back().await {
            tracing::warn!(%error, "unclaimed doorbells were not given back; the maintenance will");
        }
        reach(CrashPoint::DoorbellsGivenBack);
    }

    async fn take_jobs(&mut self) {
        let mut backoff = Backoff::new();
        let shutdown = self.shutdown.clone();
        loop {
            let first = tokio::select! {
                permit = Arc::clone(&self.room).acquire_owned() => permit,
                () = shutdown.at_least(Urgency::Drain) => return,
            };
            let Ok(first) = first else {
                return;
            };
            let room = self.room.available_permits() + 1;
            // Only the reading may be cut short: what is claimed is started.
            let read = tokio::select! {
                read = self.reader.read(room) => read,
                () = shutdown.at_least(Urgency::Drain) => return,
            };
            match read {
                Ok(delivery) => {
                    backoff = Backoff::new();
                    self.pulse.redis_answered();
                    for reason in &delivery.malformed {
                        tracing::error!(%reason, "an entry that is no doorbell was removed");
                    }
                    if !delivery.doorbells.is_empty() {
                        let count = delivery.doorbells.len();
                        self.start(delivery.doorbells, first).await;
                        let_the_next_step_grow(count).await;
                    }
                }
                Err(error) => {
                    self.pulse.redis_failed();
                    if backoff.is_fresh() {
                        tracing::warn!(%error, "no doorbells can be read now; trying again");
                    }
                    drop(first);
                    tokio::select! {
                        () = backoff.pause() => {}
                        () = shutdown.at_least(Urgency::Drain) => return,
                    }
                }
            }
        }
    }

    /// Claims what was delivered and starts the runs; only then are the doorbells acknowledged.
    async fn start(&self, delivered: Vec<Delivered>, first: OwnedSemaphorePermit) {
        reach(CrashPoint::DoorbellsDelivered);
        let runs: Vec<_> = delivered.iter().map(run_of).collect();
        let Some(claimed) = self.claim(&runs).await else {
            return;
        };
        reach(CrashPoint::JobsClaimed);
        let mut permits = vec![first];
        for job in claimed {
            self.counter.began(&job.queue);
            let permit = match permits.pop() {
                Some(permit) => permit,
                None => match Arc::clone(&self.room).acquire_owned().await {
                    Ok(permit) => permit,
                    Err(_) => return,
                },
            };
            let execution = Arc::clone(&self.executor).execute(job);
            tokio::spawn(async move {
                execution.await;
                drop(permit);
            });
        }
        reach(CrashPoint::RunsStarted);
        if let Err(error) = self.reader.acknowledge(&delivered).await {
            tracing::warn!(%error, "doorbells were not acknowledged; they may come again, which is harmless");
        }
        reach(CrashPoint::DoorbellsAcknowledged);
    }

    /// Tries until Postgres answers. Told to stop meanwhile it claims no more, and asks only for what an unanswered claim
    /// has brought already, so that those jobs are run or handed back and not lost; none when it is to stop at once.
    async fn claim(&self, runs: &[Run]) -> Option<Vec<ClaimedJob>> {
        let mut backoff = Backoff::new();
        loop {
            let is_stopping = self.shutdown.urgency() >= Urgency::Drain;
            let claimed = if backoff.is_fresh() {
                self.store.claim(self.worker_id, runs, &self.kinds).await
            } else if is_stopping {
                self.with_unanswered(Vec::new(), runs).await
            } else {
                self.claim_after_failure(runs).await
            };
            match claimed {
                Ok(claimed) => return Some(claimed),
                Err(StoreError::Unavailable(error)) => {
                    if backoff.is_fresh() {
                        tracing::warn!(%error, "jobs cannot be claimed now; trying again");
                    }
                    tokio::select! {
                        () = backoff.pause() => {}
                        () = self.shutdown.at_least(Urgency::Drain), if !is_stopping => backoff.pause().await,
                        () = self.shutdown.at_least(Urgency::Now) => return None,
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "jobs could not be claimed; they wait on");
                    return Some(Vec::new());
                }
            }
        }
    }

    /// The second claim waits for a first one that is still at work.
    async fn claim_after_failure(&self, runs: &[Run]) -> Result<Vec<ClaimedJob>, StoreError> {
        let claimed = self.store.claim(self.worker_id, runs, &self.kinds).await?;
        self.with_unanswered(claimed, runs).await
    }

    /// A claim that failed may have happened all the same, with its answer lost: then the jobs run under this worker's
    /// name and nobody runs them. They are added to what was claimed since.
    async fn with_unanswered(
        &self,
        mut claimed: Vec<ClaimedJob>,
        runs: &[Run],
    ) -> Result<Vec<ClaimedJob>, StoreError> {
        let is_known =
            |run: &Run| self.executor.runs.holds(*run) || claimed.iter().any(|job| job.run == *run);
        let unknown: Vec<_> = runs.iter().copied().filter(|run| !is_known(run)).collect();
        claimed.extend(self.store.already_claimed(self.worker_id, &unknown).await?);
        Ok(claimed)
    }
}

fn run_of(delivered: &Delivered) -> Run {
    Run {
        job_id: delivered.doorbell.job_id,
        dispatch: delivered.doorbell.dispatch,
    }
}
