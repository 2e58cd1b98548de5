//! Notes of webhooks: those that no sender repeats any more are forgotten.

use gantry_store::{StoreError, WorkerStore};

use super::Batch;

const BATCH_DELIVERIES: u32 = 2_000;

/// One batch, so that many of them do not hold up the rescue of jobs.
pub(super) async fn forget(store: &WorkerStore) -> Result<Batch, StoreError> {
    let forgotten = store.forget_webhook_deliveries(BATCH_DELIVERIES).await?;
    Ok(if forgotten < u64::from(BATCH_DELIVERIES) {
        Batch::Rest
    } else {
        Batch::Full
    })
}
