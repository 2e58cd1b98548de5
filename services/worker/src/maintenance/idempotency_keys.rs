//! Idempotency keys: those whose day is over are forgotten.

use gantry_store::{StoreError, WorkerStore};

use super::Batch;

const BATCH_KEYS: u32 = 2_000;

/// One batch, so that a day with many keys does not hold up the rescue of jobs.
pub(super) async fn forget(store: &WorkerStore) -> Result<Batch, StoreError> {
    let forgotten = store.forget_idempotency_keys(BATCH_KEYS).await?;
    Ok(if forgotten < u64::from(BATCH_KEYS) {
        Batch::Rest
    } else {
        Batch::Full
    })
}
