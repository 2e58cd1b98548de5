//! Rescue: jobs of workers whose lease has ended are queued again, or parked as poison.

use gantry_domain::JobState;
use gantry_queue::{JobEnded, Queue};
use gantry_store::{Rescued, StoreError, WorkerStore};

const BATCH_JOBS: u32 = 500;

pub(super) async fn rescue(store: &WorkerStore, queue: &Queue) -> Result<(), StoreError> {
    loop {
        let rescued = store.rescue_lost(BATCH_JOBS).await?;
        announce(queue, &rescued).await;
        if rescued.len() < BATCH_JOBS as usize {
            return Ok(());
        }
    }
}

async fn announce(queue: &Queue, rescued: &[Rescued]) {
    for job in rescued {
        tracing::warn!(job_id = %job.job_id, state = %job.state, "a job was taken back from a lost worker");
    }
    let doorbells: Vec<_> = rescued
        .iter()
        .filter_map(|job| job.doorbell.clone())
        .collect();
    if let Err(error) = queue.ring(&doorbells).await {
        tracing::warn!(%error, "rescued jobs could not be announced; the reconciler will");
    }
    let ended: Vec<_> = rescued
        .iter()
        .filter(|job| job.state != JobState::Queued)
        .map(|job| JobEnded {
            job_id: job.job_id,
            state: job.state,
        })
        .collect();
    if let Err(error) = queue.publish_ended(&ended).await {
        tracing::debug!(%error, "ended jobs were not announced; followers look by themselves");
    }
}
