//! Schedules: those that are due submit their jobs.

use std::time::Duration;

use gantry_crash_points::{CrashPoint, reach};
use gantry_queue::Queue;
use gantry_store::{StoreError, WorkerStore};
use tokio::time::Instant;

/// How many schedules are fired at once; each may hold a payload of the largest size.
const BATCH_SCHEDULES: u32 = 32;
/// How often, at least, it is asked when a schedule is due next: a new one may be due before those that are known.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// Fires schedules when they are due, and asks for nothing in between.
pub(super) struct ScheduleClock {
    store: WorkerStore,
    queue: Queue,
    look_at: Instant,
}

impl ScheduleClock {
    pub(super) fn new(store: WorkerStore, queue: Queue) -> Self {
        Self {
            store,
            queue,
            look_at: Instant::now(),
        }
    }

    /// Fires what is due, where it is time to look.
    pub(super) async fn fire(&mut self) -> Result<(), StoreError> {
        if Instant::now() < self.look_at {
            return Ok(());
        }
        match self.store.until_next_schedule().await? {
            Some(Duration::ZERO) => self.fire_due().await,
            until => {
                self.look_at = Instant::now() + until.unwrap_or(LOOK_INTERVAL).min(LOOK_INTERVAL);
                Ok(())
            }
        }
    }

    async fn fire_due(&self) -> Result<(), StoreError> {
        loop {
            let fired = self.store.fire_due_schedules(BATCH_SCHEDULES).await?;
            for schedule in &fired.put_off {
                tracing::warn!(schedule_id = %schedule.schedule_id, reason = schedule.reason,
                    "a schedule was put off that this version does not understand");
            }
            reach(CrashPoint::SchedulesFired);
            if let Err(error) = self.queue.ring(&fired.doorbells).await {
                tracing::warn!(%error, "the jobs of schedules could not be announced; the reconciler will");
            }
            if fired.due < BATCH_SCHEDULES as usize {
                return Ok(());
            }
        }
    }
}
