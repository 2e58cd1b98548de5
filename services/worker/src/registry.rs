//! The handlers of this worker, by kind.

use std::collections::BTreeMap;
use std::sync::Arc;

use gantry_domain::{KindDeclaration, KindName, RetryPolicy};

use crate::Handler;

/// The handlers of this worker, by kind.
#[derive(Clone, Default)]
pub(crate) struct Registry {
    kinds: BTreeMap<KindName, RegisteredKind>,
}

#[derive(Clone)]
struct RegisteredKind {
    declaration: KindDeclaration,
    handler: Arc<dyn Handler>,
}

/// Two handlers claim the same kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("two handlers claim the kind `{0}`: remove or rename one of them")]
pub struct DuplicateKind(pub KindName);

impl Registry {
    pub(crate) fn register(&mut self, handler: Arc<dyn Handler>) -> Result<(), DuplicateKind> {
        let declaration = handler.declaration();
        let name = declaration.name.clone();
        if self.kinds.contains_key(&name) {
            return Err(DuplicateKind(name));
        }
        self.kinds.insert(
            name,
            RegisteredKind {
                declaration,
                handler,
            },
        );
        Ok(())
    }

    pub(crate) fn handler(&self, kind: &KindName) -> Option<Arc<dyn Handler>> {
        self.kinds.get(kind).map(|kind| Arc::clone(&kind.handler))
    }

    /// How failures of a kind are retried.
    pub(crate) fn retry_policy(&self, kind: &KindName) -> RetryPolicy {
        self.kinds
            .get(kind)
            .map(|kind| kind.declaration.retry)
            .unwrap_or_default()
    }

    pub(crate) fn names(&self) -> Vec<KindName> {
        self.kinds.keys().cloned().collect()
    }

    pub(crate) fn declarations(&self) -> Vec<KindDeclaration> {
        self.kinds
            .values()
            .map(|kind| kind.declaration.clone())
            .collect()
    }
}
