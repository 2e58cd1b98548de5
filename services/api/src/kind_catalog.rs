//! The kinds that workers announced, kept for a moment with their compiled schemas.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use gantry_domain::{Kind, KindDeclaration, KindName};
use gantry_store::{ApiStore, StoreError};
use tokio::sync::Mutex;

use crate::payload_schema::PayloadSchema;

/// How long what was read from Postgres is taken for current.
const FRESH_FOR: Duration = Duration::from_secs(5);

/// A kind as submissions need it.
pub struct KnownKind {
    /// What was announced.
    pub declaration: KindDeclaration,
    /// The compiled schema, or why it cannot be compiled.
    pub schema: Result<PayloadSchema, String>,
}

/// The kinds by name. Whatever the number of requests, one reads Postgres at a time and the others wait for it.
pub struct KindCatalog {
    store: ApiStore,
    snapshot: RwLock<Arc<Snapshot>>,
    refresh: Mutex<()>,
}

#[derive(Default)]
struct Snapshot {
    /// When the reading began; none before the first.
    read_at: Option<Instant>,
    kinds: HashMap<KindName, Arc<KnownKind>>,
}

impl KindCatalog {
    /// An empty catalog; the first question fills it.
    pub fn new(store: ApiStore) -> Self {
        Self {
            store,
            snapshot: RwLock::default(),
            refresh: Mutex::default(),
        }
    }

    /// The kind of that name. One that was announced before `asked_at` is found; a request that asks for several kinds
    /// gives the same time for all, and causes one reading at most.
    ///
    /// # Errors
    /// Postgres cannot be reached and the kind is not known from before.
    pub async fn find(
        &self,
        name: &KindName,
        asked_at: Instant,
    ) -> Result<Option<Arc<KnownKind>>, StoreError> {
        let known = self.current();
        let is_fresh = known
            .read_at
            .is_some_and(|read_at| read_at + FRESH_FOR > asked_at);
        let from_before = known.kinds.get(name).cloned();
        if is_fresh && from_before.is_some() {
            return Ok(from_before);
        }
        match Box::pin(self.read_after(asked_at)).await {
            Ok(snapshot) => Ok(snapshot.kinds.get(name).cloned()),
            Err(_) if from_before.is_some() => Ok(from_before),
            Err(error) => Err(error),
        }
    }

    /// What Postgres holds, by a reading that began after `asked_at`.
    async fn read_after(&self, asked_at: Instant) -> Result<Arc<Snapshot>, StoreError> {
        let _alone = self.refresh.lock().await;
        let before = self.current();
        if before.read_at.is_some_and(|read_at| read_at >= asked_at) {
            return Ok(before);
        }
        let read_at = Instant::now();
        let kinds = self.store.kinds().await?;
        let snapshot = Arc::new(Snapshot {
            read_at: Some(read_at),
            kinds: kinds.into_iter().map(|kind| known(kind, &before)).collect(),
        });
        *self
            .snapshot
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::clone(&snapshot);
        Ok(snapshot)
    }

    fn current(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A kind that has not changed keeps its compiled schema.
fn known(kind: Kind, before: &Snapshot) -> (KindName, Arc<KnownKind>) {
    let declaration = kind.declaration;
    let name = declaration.name.clone();
    if let Some(same) = before
        .kinds
        .get(&name)
        .filter(|known| known.declaration == declaration)
    {
        return (name, Arc::clone(same));
    }
    let schema = PayloadSchema::compile(&declaration.payload_schema);
    if let Err(reason) = &schema {
        tracing::warn!(kind = %name, reason, "the payload schema of a kind cannot be used: its jobs are refused");
    }
    (
        name,
        Arc::new(KnownKind {
            declaration,
            schema,
        }),
    )
}
