//! What follows for the children of ended jobs: those that are queued are rung for, those that were cancelled announced.

use gantry_domain::{JobId, JobState};
use gantry_queue::{JobEnded, Queue};
use gantry_store::{SettledDependencies, WorkerStore};

/// Tells the children of ended jobs. What cannot be done now is left to the maintenance and the reconciler.
pub(crate) async fn tell(store: &WorkerStore, queue: &Queue, parents: &[JobId]) {
    if parents.is_empty() {
        return;
    }
    match store.settle_dependencies(parents).await {
        Ok(settled) => announce(queue, &settled).await,
        Err(error) => {
            tracing::warn!(%error, "children of ended jobs could not be told; the maintenance will");
        }
    }
}

/// Lets workers and followers know what became of children.
pub(crate) async fn announce(queue: &Queue, settled: &SettledDependencies) {
    if let Err(error) = queue.ring(&settled.doorbells).await {
        tracing::warn!(%error, "children of ended jobs could not be announced; the reconciler will");
    }
    let cancelled = settled.cancelled.iter().map(|job_id| JobEnded {
        job_id: *job_id,
        state: JobState::Cancelled,
    });
    if let Err(error) = queue.publish_ended(&cancelled.collect::<Vec<_>>()).await {
        tracing::debug!(%error, "ended jobs were not announced; followers look by themselves");
    }
}
