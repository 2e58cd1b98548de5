//! The clock of the maintenance: asks when something comes due next, sees to it then, and asks for nothing in between.

use std::time::Duration;

use gantry_queue::Queue;
use gantry_store::{StoreError, WorkerStore};
use tokio::time::Instant;

use super::{due, schedules};

/// How often, at least, it is asked: what was handed in meanwhile may be due before what is known.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);

/// Queues scheduled jobs and fires schedules when they are due.
pub(super) struct DutyClock {
    store: WorkerStore,
    queue: Queue,
    look_at: Instant,
}

impl DutyClock {
    pub(super) fn new(store: WorkerStore, queue: Queue) -> Self {
        Self {
            store,
            queue,
            look_at: Instant::now(),
        }
    }

    /// Sees to what is due, where it is time to look.
    pub(super) async fn see_to_what_is_due(&mut self) -> Result<(), StoreError> {
        if Instant::now() < self.look_at {
            return Ok(());
        }
        let upcoming = self.store.upcoming().await?;
        if upcoming.job == Some(Duration::ZERO) {
            due::enqueue(&self.store, &self.queue).await?;
        }
        if upcoming.schedule == Some(Duration::ZERO) {
            schedules::fire(&self.store, &self.queue).await?;
        }
        let next = [upcoming.job, upcoming.schedule].into_iter().flatten();
        self.look_at = Instant::now() + next.min().unwrap_or(LOOK_INTERVAL).min(LOOK_INTERVAL);
        Ok(())
    }
}
