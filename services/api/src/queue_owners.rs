//! Which queues belong to one tenant alone, kept for a moment: others may hand in nothing there.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use gantry_domain::{QueueName, TenantId};
use gantry_store::{ApiStore, StoreError};
use tokio::sync::Mutex;

/// How long what was read from Postgres is taken for current.
const FRESH_FOR: Duration = Duration::from_secs(5);

/// The queues that belong to one tenant alone. Whatever the number of requests, one reads Postgres at a time.
pub struct QueueOwners {
    store: ApiStore,
    snapshot: RwLock<Arc<Snapshot>>,
    refresh: Mutex<()>,
}

#[derive(Default)]
struct Snapshot {
    /// When the reading began; none before the first.
    read_at: Option<Instant>,
    owners: HashMap<QueueName, TenantId>,
}

impl QueueOwners {
    /// Nothing is known yet; the first question reads it.
    pub fn new(store: ApiStore) -> Self {
        Self {
            store,
            snapshot: RwLock::default(),
            refresh: Mutex::default(),
        }
    }

    /// Whether jobs of this tenant may wait in the queue: it is everyone's, or its own. What a token was minted for on
    /// another process is known a few seconds later.
    ///
    /// # Errors
    /// Postgres cannot be reached, and nothing is known from before.
    pub async fn lets_in(
        &self,
        tenant_id: TenantId,
        queue: &QueueName,
    ) -> Result<bool, StoreError> {
        let known = Box::pin(self.current()).await?;
        let owner = known.owners.get(queue);
        Ok(owner.is_none_or(|owner| *owner == tenant_id))
    }

    /// Lets the next question read anew: a queue has just been given to a tenant.
    pub fn forget(&self) {
        let mut snapshot = self
            .snapshot
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *snapshot = Arc::new(Snapshot {
            read_at: None,
            owners: snapshot.owners.clone(),
        });
    }

    async fn current(&self) -> Result<Arc<Snapshot>, StoreError> {
        let known = self.known();
        if known.is_fresh() {
            return Ok(known);
        }
        let _alone = self.refresh.lock().await;
        let known = self.known();
        if known.is_fresh() {
            return Ok(known);
        }
        let read_at = Instant::now();
        let owners = match self.store.queue_owners().await {
            Ok(owners) => owners,
            Err(_) if known.read_at.is_some() => return Ok(known),
            Err(error) => return Err(error),
        };
        let snapshot = Arc::new(Snapshot {
            read_at: Some(read_at),
            owners,
        });
        *self
            .snapshot
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::clone(&snapshot);
        Ok(snapshot)
    }

    fn known(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Snapshot {
    fn is_fresh(&self) -> bool {
        self.read_at
            .is_some_and(|read_at| read_at.elapsed() < FRESH_FOR)
    }
}
