//! Due jobs: scheduled ones whose time has come are queued and announced.

use gantry_crash_points::{CrashPoint, reach};
use gantry_queue::Queue;
use gantry_store::{StoreError, WorkerStore};

const BATCH_JOBS: u32 = 1_000;

pub(super) async fn enqueue(store: &WorkerStore, queue: &Queue) -> Result<(), StoreError> {
    loop {
        let doorbells = store.enqueue_due(BATCH_JOBS).await?;
        if !doorbells.is_empty() {
            reach(CrashPoint::DueJobsQueued);
        }
        if let Err(error) = queue.ring(&doorbells).await {
            tracing::warn!(%error, "due jobs could not be announced; the reconciler will");
        }
        if doorbells.len() < BATCH_JOBS as usize {
            return Ok(());
        }
    }
}
