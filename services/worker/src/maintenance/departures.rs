//! Departures: accounts whose time has come are closed, and removed piece by piece.

use gantry_store::{Purge, StoreError, WorkerStore};

use super::Batch;

/// How many rows of the largest tables one statement removes.
const BATCH_ROWS: u32 = 2_000;

/// Closes what is due, and removes one piece, so that a large account does not hold up the rescue of jobs.
pub(super) async fn see_off(store: &WorkerStore) -> Result<Batch, StoreError> {
    let closed = store.close_due_accounts().await?;
    if closed > 0 {
        tracing::info!(count = closed, "accounts were closed");
    }
    match store.purge_account_piece(BATCH_ROWS).await? {
        Purge::Working => Ok(Batch::Full),
        Purge::Purged => {
            tracing::info!("an account was removed, and its receipt is written");
            Ok(Batch::Full)
        }
        Purge::Idle => Ok(Batch::Rest),
    }
}
