//! Maintenance: every worker can do it, one does, chosen by a lease row.

mod departures;
mod dependencies;
mod due;
mod duty_clock;
mod ended_workers;
mod idempotency_keys;
mod reconcile;
mod rescue;
mod retention;
mod schedules;
mod webhook_deliveries;

use std::time::Duration;

use gantry_domain::{RetentionPeriods, WorkerId};
use gantry_queue::Queue;
use gantry_store::{StoreError, WorkerStore};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval};

use duty_clock::DutyClock;
use reconcile::Reconciler;
use rescue::Rescuer;
use retention::Retention;

/// How often it is looked whether it is time for a duty.
const TICK: Duration = Duration::from_secs(1);
/// How long the maintenance lease lasts, and how often it is renewed or tried for.
const LEASE: Duration = Duration::from_secs(12);
const LEASE_INTERVAL: Duration = Duration::from_secs(4);
/// How often lost workers are looked for.
const RESCUE_INTERVAL: Duration = Duration::from_secs(3);
/// How often queues are compared with their streams.
const RECONCILE_INTERVAL: Duration = Duration::from_secs(5);

/// How often jobs are looked for that wait for parents which have ended; usually whoever ended one has told its children.
const DEPENDENCIES_INTERVAL: Duration = Duration::from_secs(10);
/// How often idempotency keys whose day is over are looked for; while there are many, every tick.
const FORGET_KEYS_INTERVAL: Duration = Duration::from_secs(180);

/// How often notes of old webhooks are looked for; while there are many, every tick.
const FORGET_DELIVERIES_INTERVAL: Duration = Duration::from_secs(3_600);

/// How often rows of workers are looked for that have ended long ago; while there are many, every tick.
const FORGET_WORKERS_INTERVAL: Duration = Duration::from_secs(3_600);

/// How often accounts are looked for that are to end; while there is something to remove, every tick.
const DEPARTURES_INTERVAL: Duration = Duration::from_secs(60);

/// Does the maintenance while it holds the lease for it.
pub(crate) struct Maintainer {
    store: WorkerStore,
    queue: Queue,
    worker_id: WorkerId,
    retention: RetentionPeriods,
    reconciler: Reconciler,
    rescuer: Rescuer,
    duty_clock: DutyClock,
}

/// When a duty was last done.
struct Schedule {
    interval: Duration,
    done_at: Option<Instant>,
}

impl Maintainer {
    /// `retention` is for tenants without periods of their own.
    pub(crate) fn new(
        store: WorkerStore,
        queue: Queue,
        worker_id: WorkerId,
        retention: RetentionPeriods,
    ) -> Self {
        Self {
            reconciler: Reconciler::new(store.clone(), queue.clone()),
            rescuer: Rescuer::new(store.clone(), queue.clone()),
            duty_clock: DutyClock::new(store.clone(), queue.clone()),
            store,
            queue,
            worker_id,
            retention,
        }
    }

    /// Runs until it is dropped.
    pub(crate) async fn keep(self) {
        let (holding, is_holder) = watch::channel(false);
        let retention = Retention::new(self.store.clone(), self.retention, is_holder);
        tokio::join!(self.do_duties(holding), retention.keep());
    }

    /// Does what is short; says through `holding` whether this worker does the maintenance.
    async fn do_duties(mut self, holding: watch::Sender<bool>) {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut lease = Schedule::every(LEASE_INTERVAL);
        let mut rescue = Schedule::every(RESCUE_INTERVAL);
        let mut reconcile = Schedule::every(RECONCILE_INTERVAL);
        let mut dependencies = Schedule::every(DEPENDENCIES_INTERVAL);
        let mut forget_keys = Schedule::every(FORGET_KEYS_INTERVAL);
        let mut forget_deliveries = Schedule::every(FORGET_DELIVERIES_INTERVAL);
        let mut forget_workers = Schedule::every(FORGET_WORKERS_INTERVAL);
        let mut departures = Schedule::every(DEPARTURES_INTERVAL);
        let mut is_holder = false;
        loop {
            tick.tick().await;
            if lease.is_due() {
                is_holder = self.hold_lease().await;
                holding.send_replace(is_holder);
                if !is_holder {
                    self.reconciler.forget();
                    self.rescuer.forget();
                }
            }
            if !is_holder {
                continue;
            }
            report("what is due", self.duty_clock.see_to_what_is_due().await);
            if rescue.is_due() {
                report("lost jobs", self.rescuer.rescue().await);
            }
            if dependencies.is_due() {
                report(
                    "children of ended jobs",
                    dependencies::settle(&self.store, &self.queue).await,
                );
            }
            if reconcile.is_due() {
                self.reconciler.sweep().await;
            }
            if forget_keys.is_due() {
                let forgotten = idempotency_keys::forget(&self.store).await;
                if forgotten.as_ref().is_ok_and(|done| *done == Batch::Full) {
                    forget_keys.ask_again();
                }
                report("idempotency keys", forgotten.map(drop));
            }
            if departures.is_due() {
                let seen_off = departures::see_off(&self.store).await;
                if seen_off.as_ref().is_ok_and(|done| *done == Batch::Full) {
                    departures.ask_again();
                }
                report("accounts that end", seen_off.map(drop));
            }
            if forget_deliveries.is_due() {
                let forgotten = webhook_deliveries::forget(&self.store).await;
                if forgotten.as_ref().is_ok_and(|done| *done == Batch::Full) {
                    forget_deliveries.ask_again();
                }
                report("notes of webhooks", forgotten.map(drop));
            }
            if forget_workers.is_due() {
                let forgotten = ended_workers::forget(&self.store, self.retention).await;
                if forgotten.as_ref().is_ok_and(|done| *done == Batch::Full) {
                    forget_workers.ask_again();
                }
                report("workers that have ended", forgotten.map(drop));
            }
        }
    }

    async fn hold_lease(&self) -> bool {
        self.store
            .hold_maintenance_lease(self.worker_id, LEASE)
            .await
            .unwrap_or_else(|error| {
                tracing::debug!(%error, "the maintenance lease could not be renewed");
                false
            })
    }
}

/// How much of a duty was found to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Batch {
    /// As much as is done at once; there may be more.
    Full,
    /// All there was.
    Rest,
}

fn report(what: &str, done: Result<(), StoreError>) {
    if let Err(error) = done {
        tracing::warn!(%error, "{what} could not be looked for; trying again");
    }
}

impl Schedule {
    const fn every(interval: Duration) -> Self {
        Self {
            interval,
            done_at: None,
        }
    }

    /// Lets it be time again with the next tick.
    fn ask_again(&mut self) {
        self.done_at = None;
    }

    /// Whether it is time, and if so, takes note that it is done now.
    fn is_due(&mut self) -> bool {
        let now = Instant::now();
        let is_due = self.done_at.is_none_or(|at| at + self.interval <= now);
        if is_due {
            self.done_at = Some(now);
        }
        is_due
    }
}
