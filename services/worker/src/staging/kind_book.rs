//! The kinds that jobs can be staged of, each looked up once in a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gantry_domain::{KindDeclaration, KindName};
use gantry_store::WorkerStore;
use serde_json::Value;
use tokio::time::Instant;

use super::RefusedChild;
use crate::HandlerError;
use crate::payload_check::PayloadCheck;

/// How long a kind is remembered before it is looked up again.
const REMEMBERED: Duration = Duration::from_secs(30);
/// How many kinds are remembered; then all are forgotten, which costs a look at those that are still used.
const REMEMBERED_KINDS: usize = 1_000;

/// The kinds that any worker has announced; clones remember together.
#[derive(Clone)]
pub(crate) struct KindBook {
    store: WorkerStore,
    remembered: Arc<Mutex<HashMap<KindName, Remembered>>>,
}

struct Remembered {
    looked_up_at: Instant,
    kind: Arc<ChildKind>,
}

/// A kind that a job can be staged of.
pub(crate) struct ChildKind {
    pub(crate) declaration: KindDeclaration,
    payload: PayloadCheck,
}

impl KindBook {
    pub(crate) fn new(store: WorkerStore) -> Self {
        Self {
            store,
            remembered: Arc::default(),
        }
    }

    pub(crate) async fn find(&self, name: &KindName) -> Result<Arc<ChildKind>, RefusedChild> {
        if self.store.is_enrolled() {
            return Err(RefusedChild::EnrolledMachine);
        }
        if let Some(kind) = self.recall(name) {
            return Ok(kind);
        }
        let declaration = self.store.find_kind(name).await?;
        let declaration = declaration.ok_or_else(|| RefusedChild::UnknownKind(name.clone()))?;
        let payload = PayloadCheck::new(&declaration.payload_schema)
            .map_err(|error| RefusedChild::InvalidPayload(error.to_string()))?;
        let kind = Arc::new(ChildKind {
            declaration,
            payload,
        });
        self.remember(name, &kind);
        Ok(kind)
    }

    fn recall(&self, name: &KindName) -> Option<Arc<ChildKind>> {
        // Nothing panics while it holds the lock.
        let remembered = self
            .remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let known = remembered.get(name)?;
        (known.looked_up_at.elapsed() < REMEMBERED).then(|| Arc::clone(&known.kind))
    }

    fn remember(&self, name: &KindName, kind: &Arc<ChildKind>) {
        let mut remembered = self
            .remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED_KINDS {
            remembered.clear();
        }
        let known = Remembered {
            looked_up_at: Instant::now(),
            kind: Arc::clone(kind),
        };
        remembered.insert(name.clone(), known);
    }
}

impl ChildKind {
    pub(crate) fn check(&self, payload: &Value) -> Result<(), RefusedChild> {
        self.payload.check(payload).map_err(|error| {
            RefusedChild::InvalidPayload(match error {
                HandlerError::Final(failure) | HandlerError::Retry(failure) => failure.message,
                HandlerError::Snooze(_) => String::new(),
            })
        })
    }
}
