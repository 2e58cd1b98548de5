//! Dependencies: children of ended jobs are told where whoever ended the parent could not.

use gantry_queue::Queue;
use gantry_store::{StoreError, WorkerStore};

use crate::children::announce;

const BATCH_PARENTS: u32 = 500;

pub(super) async fn settle(store: &WorkerStore, queue: &Queue) -> Result<(), StoreError> {
    loop {
        let parents = store.untold_parents(BATCH_PARENTS).await?;
        if parents.is_empty() {
            return Ok(());
        }
        announce(queue, &store.settle_dependencies(&parents).await?).await;
        if parents.len() < BATCH_PARENTS as usize {
            return Ok(());
        }
    }
}
