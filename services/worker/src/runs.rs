//! The runs of this process, so that they can be told to end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gantry_store::Run;
use tokio::sync::watch;

use crate::StopReason;
use crate::stop::StopSender;

/// The runs of this process; clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Runs {
    running: Arc<Mutex<HashMap<Run, StopSender>>>,
    count: watch::Sender<usize>,
}

impl Runs {
    pub(crate) fn new() -> Self {
        Self {
            running: Arc::default(),
            count: watch::Sender::new(0),
        }
    }

    /// Counts a run in until what is returned is dropped.
    pub(crate) fn enter(&self, run: Run, stop: StopSender) -> RunEntry {
        let mut running = self.lock();
        running.insert(run, stop);
        self.count.send_replace(running.len());
        drop(running);
        RunEntry {
            runs: self.clone(),
            run,
        }
    }

    /// Whether a run is here: begun, and its outcome not written yet.
    pub(crate) fn holds(&self, run: Run) -> bool {
        self.lock().contains_key(&run)
    }

    /// Tells one run to end, if it is here.
    pub(crate) fn stop(&self, run: Run, reason: StopReason) {
        if let Some(stop) = self.lock().get(&run) {
            stop.stop(reason);
        }
    }

    /// Tells every run to end.
    pub(crate) fn stop_all(&self, reason: StopReason) {
        for stop in self.lock().values() {
            stop.stop(reason);
        }
    }

    /// How many runs there are.
    pub(crate) fn count(&self) -> usize {
        *self.count.borrow()
    }

    /// Waits until there are none.
    pub(crate) async fn all_ended(&self) {
        let mut count = self.count.subscribe();
        // The sender lives in `self`, so the wait cannot fail.
        let _ = count.wait_for(|count| *count == 0).await;
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Run, StopSender>> {
        // Nothing panics while it holds the lock; were it otherwise, the table would still be whole.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A run's place among the runs; gives it up when dropped.
#[derive(Debug)]
pub(crate) struct RunEntry {
    runs: Runs,
    run: Run,
}

impl Drop for RunEntry {
    fn drop(&mut self) {
        let mut running = self.runs.lock();
        running.remove(&self.run);
        self.runs.count.send_replace(running.len());
    }
}
