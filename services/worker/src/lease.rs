//! The worker's lease: renewed in Postgres for all its jobs at once, trusted only on the process's own clock.

use std::time::Duration;

use gantry_domain::{WorkerId, WorkerState};
use gantry_store::{LeaseRenewal, Run, WorkerStore};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout_at};

use crate::StopReason;
use crate::runs::Runs;
use crate::shutdown::{Shutdown, Urgency};

/// How long a lease lasts and how often it is renewed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LeaseTimes {
    /// How long the lease lasts in Postgres without renewal.
    pub(crate) ttl: Duration,
    /// How often it is renewed.
    pub(crate) heartbeat: Duration,
}

impl LeaseTimes {
    /// How long a renewal is trusted, counted from before it was sent: a fifth less than Postgres grants, so that
    /// every process of a run is gone before another worker may start it.
    fn trusted(self) -> Duration {
        self.ttl - self.ttl / 5
    }

    /// How long after a renewal that failed the next is tried: soon, because a new connection may bring what a dead one
    /// did not.
    fn retry(self) -> Duration {
        self.heartbeat / 4
    }
}

/// What became of one renewal.
enum Renewal {
    Done,
    /// No answer; the lease may hold all the same.
    Failed,
    Lost,
}

/// The keeper of the lease.
pub(crate) struct LeaseKeeper {
    store: WorkerStore,
    worker_id: WorkerId,
    times: LeaseTimes,
    runs: Runs,
    shutdown: Shutdown,
    valid_until: watch::Sender<Instant>,
}

impl LeaseKeeper {
    /// `registered_at` is the moment before the registration, which began the lease, was sent.
    pub(crate) fn new(
        store: WorkerStore,
        worker_id: WorkerId,
        times: LeaseTimes,
        registered_at: Instant,
        runs: Runs,
        shutdown: Shutdown,
    ) -> Self {
        Self {
            store,
            worker_id,
            times,
            runs,
            shutdown,
            valid_until: watch::Sender::new(registered_at + times.trusted()),
        }
    }

    /// Until when the lease is trusted; moves on with each renewal.
    pub(crate) fn valid_until(&self) -> watch::Receiver<Instant> {
        self.valid_until.subscribe()
    }

    /// Renews the lease until it is lost, and then ends every run at once. Never returns while the lease holds.
    pub(crate) async fn keep(self) {
        let mut beat = interval(self.times.heartbeat);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let trusted_until = *self.valid_until.borrow();
            tokio::select! {
                biased;
                () = sleep_until(trusted_until) => {
                    tracing::error!(
                        "the lease could not be renewed in time; every job of this worker is stopped, and others may take them"
                    );
                    break;
                }
                _ = beat.tick() => {}
            }
            match self.renew(trusted_until).await {
                Renewal::Done => {}
                Renewal::Failed => beat.reset_after(self.times.retry()),
                Renewal::Lost => break,
            }
        }
        // Before the runs are told, so that one that begins at this moment sees it too.
        self.valid_until.send_replace(Instant::now());
        self.runs.stop_all(StopReason::LeaseLost);
    }

    async fn renew(&self, trusted_until: Instant) -> Renewal {
        let sent_at = Instant::now();
        let state = match self.shutdown.urgency() {
            Urgency::None => WorkerState::Active,
            Urgency::Drain | Urgency::Now => WorkerState::Draining,
        };
        let renewal = self
            .store
            .renew_lease(self.worker_id, state, self.times.ttl);
        match timeout_at(trusted_until, renewal).await {
            Ok(Ok(LeaseRenewal::Renewed(requests))) => {
                self.valid_until
                    .send_replace(sent_at + self.times.trusted());
                for request in requests {
                    let run = Run {
                        job_id: request.job_id,
                        dispatch: request.dispatch,
                    };
                    self.runs.stop(run, StopReason::Cancelled);
                }
                Renewal::Done
            }
            Ok(Ok(LeaseRenewal::Lost)) => {
                tracing::error!(
                    "the lease had ended before it was renewed; every job of this worker is stopped, and others may take them"
                );
                Renewal::Lost
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "the lease was not renewed; trying again");
                Renewal::Failed
            }
            // The loop's own check says what that means.
            Err(_) => Renewal::Failed,
        }
    }
}
