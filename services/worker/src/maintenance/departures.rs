//! Departures: accounts whose time has come are closed, and removed piece by piece.

use gantry_store::{Purge, StoreError, WorkerStore};

use super::Batch;

/// How many rows of the largest tables one statement removes.
const BATCH_ROWS: u32 = 2_000;
/// How many accounts are closed at once.
const CLOSED_AT_ONCE: u32 = 10;

/// Closes what is due, and removes one piece, so that a large account does not hold up the rescue of jobs.
pub(super) async fn see_off(store: &WorkerStore) -> Result<Batch, StoreError> {
    let closed = close_due(store).await?;
    let purged = purge_piece(store).await?;
    Ok(match (closed, purged) {
        (Batch::Rest, Batch::Rest) => Batch::Rest,
        _ => Batch::Full,
    })
}

/// One account with which it fails keeps no other waiting for longer than until the next look: the store puts it off.
async fn close_due(store: &WorkerStore) -> Result<Batch, StoreError> {
    for _ in 0..CLOSED_AT_ONCE {
        let Some(account) = store.next_account_to_close().await? else {
            return Ok(Batch::Rest);
        };
        match store.close_account(account).await {
            Ok(true) => tracing::info!("an account was closed"),
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, user_id = %account, "an account could not be closed; trying again later");
                // What held this one up may hold up the next as well, and other duties wait.
                return Ok(Batch::Full);
            }
        }
    }
    Ok(Batch::Full)
}

async fn purge_piece(store: &WorkerStore) -> Result<Batch, StoreError> {
    let Some(account) = store.next_account_to_purge().await? else {
        return Ok(Batch::Rest);
    };
    match store.purge_account_piece(account, BATCH_ROWS).await {
        Ok(Purge::Purged) => tracing::info!("an account was removed, and its receipt is written"),
        Ok(Purge::Working | Purge::Waiting) => {}
        Err(error) => {
            tracing::warn!(%error, user_id = %account, "a closed account could not be removed; trying again later");
        }
    }
    Ok(Batch::Full)
}
