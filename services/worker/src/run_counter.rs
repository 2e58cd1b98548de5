//! Counting runs by queue: added up in memory, told to Redis once a second, and never waited for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gantry_domain::QueueName;
use gantry_queue::{Queue, RunCounts};
use tokio::time::{MissedTickBehavior, interval};

use crate::settle::Outcome;

/// How often counts are told; nothing is told while nothing runs.
const TELL_INTERVAL: Duration = Duration::from_secs(1);

/// The counts since they were last told; clones share them. There is one entry for each queue the worker serves.
#[derive(Clone, Default)]
pub(crate) struct RunCounter {
    counts: Arc<Mutex<HashMap<QueueName, RunCounts>>>,
}

impl RunCounter {
    pub(crate) fn began(&self, queue: &QueueName) {
        self.add(queue, |counts| counts.started += 1);
    }

    pub(crate) fn ended(&self, queue: &QueueName, outcome: &Outcome) {
        match outcome {
            Outcome::Completed(_) | Outcome::CompletedWithChildren(..) | Outcome::Cancelled(_) => {
                self.add(queue, |counts| counts.finished += 1);
            }
            Outcome::Failed(_) => self.add(queue, |counts| {
                counts.finished += 1;
                counts.failed += 1;
            }),
            // Given back: the job goes on elsewhere or later.
            Outcome::Released(_) | Outcome::Snoozed(..) => {}
        }
    }

    /// Tells Redis until it is dropped. What cannot be told is forgotten.
    pub(crate) async fn keep(self, queue: Queue) {
        let mut tick = interval(TELL_INTERVAL);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            let counts: Vec<_> = self.lock().drain().collect();
            if counts.is_empty() {
                continue;
            }
            if let Err(error) = queue.count_runs(&counts).await {
                tracing::debug!(%error, "runs were not counted");
            }
        }
    }

    fn add(&self, queue: &QueueName, change: impl FnOnce(&mut RunCounts)) {
        let mut counts = self.lock();
        if let Some(counts) = counts.get_mut(queue) {
            change(counts);
        } else {
            change(counts.entry(queue.clone()).or_default());
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<QueueName, RunCounts>> {
        // Nothing panics while it holds the lock; were it otherwise, a count would be off by one.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
