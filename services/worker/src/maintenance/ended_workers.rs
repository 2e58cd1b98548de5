//! Workers that have ended: their rows go when no job is kept any more that they could have run.

use gantry_domain::RetentionPeriods;
use gantry_store::{StoreError, WorkerStore};

use super::Batch;

const BATCH_WORKERS: u32 = 2_000;

/// One batch, so that many of them do not hold up the rescue of jobs.
pub(super) async fn forget(
    store: &WorkerStore,
    periods: RetentionPeriods,
) -> Result<Batch, StoreError> {
    let forgotten = store.forget_ended_workers(periods, BATCH_WORKERS).await?;
    Ok(if forgotten < u64::from(BATCH_WORKERS) {
        Batch::Rest
    } else {
        Batch::Full
    })
}
