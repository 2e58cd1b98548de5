//! Rescue: jobs of workers whose lease has ended are queued again, or parked as poison.

use std::time::Duration;

use gantry_crash_points::{CrashPoint, reach};
use gantry_domain::{JobId, JobState};
use gantry_queue::{JobEnded, Queue};
use gantry_store::{Rescued, StoreError, WorkerStore};
use tokio::time::Instant;

use crate::children;

const BATCH_JOBS: u32 = 500;
/// How often jobs of lost workers are looked for where no worker was found lost since: a claim that was under way when
/// its worker was marked may have been written later, and whoever marked it may have died before it searched.
const SEARCH_INTERVAL: Duration = Duration::from_secs(60);

/// Takes back the jobs of lost workers.
pub(super) struct Rescuer {
    store: WorkerStore,
    queue: Queue,
    searched_at: Option<Instant>,
}

impl Rescuer {
    pub(super) fn new(store: WorkerStore, queue: Queue) -> Self {
        Self {
            store,
            queue,
            searched_at: None,
        }
    }

    /// Searches at once the next time, because another worker did the maintenance meanwhile.
    pub(super) fn forget(&mut self) {
        self.searched_at = None;
    }

    /// Looks for lost workers, and for their jobs if there are any or it is time.
    pub(super) async fn rescue(&mut self) -> Result<(), StoreError> {
        // Until the search has come to its end it is due: also where workers were marked and the answer was lost.
        let searched_at = self.searched_at.take();
        let is_fresh = searched_at.is_some_and(|at| at.elapsed() < SEARCH_INTERVAL);
        if !self.store.mark_lost_workers().await? && is_fresh {
            self.searched_at = searched_at;
            return Ok(());
        }
        loop {
            let rescued = self.store.rescue_lost(BATCH_JOBS).await?;
            announce(&self.queue, &rescued).await;
            children::tell(&self.store, &self.queue, &ended_parents(&rescued)).await;
            if rescued.len() < BATCH_JOBS as usize {
                break;
            }
        }
        self.searched_at = Some(Instant::now());
        Ok(())
    }
}

fn ended_parents(rescued: &[Rescued]) -> Vec<JobId> {
    let parents = rescued
        .iter()
        .filter(|job| job.has_children && job.state.is_terminal());
    parents.map(|job| job.job_id).collect()
}

async fn announce(queue: &Queue, rescued: &[Rescued]) {
    if rescued.is_empty() {
        return;
    }
    for job in rescued {
        tracing::warn!(job_id = %job.job_id, state = %job.state, "a job was taken back from a lost worker");
    }
    let doorbells: Vec<_> = rescued
        .iter()
        .filter_map(|job| job.doorbell.clone())
        .collect();
    reach(CrashPoint::LostJobsQueued);
    if let Err(error) = queue.ring(&doorbells).await {
        tracing::warn!(%error, "rescued jobs could not be announced; the reconciler will");
    }
    reach(CrashPoint::LostJobsRung);
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
