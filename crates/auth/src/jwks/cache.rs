//! The keys of one issuer, remembered: fresh for minutes, usable through an outage, renewed by one request at a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use super::budget::RenewalBudget;
use super::key::KeySet;
use super::source::KeySetSource;
use crate::bounded_map::BoundedMap;
use crate::clock::Clock;
use crate::error::AuthError;

/// How long keys are used without asking again.
pub const KEY_SET_FRESH_FOR: Duration = Duration::from_secs(5 * 60);
/// How long keys are used when asking again fails. After this nobody can sign in until the issuer answers.
pub const KEY_SET_USABLE_FOR: Duration = Duration::from_secs(60 * 60);
/// How long nobody asks again after a fetch failed.
pub const FAILED_FETCH_PAUSE: Duration = Duration::from_secs(2);
/// How long a key id that was not found is not looked for again.
const UNKNOWN_KEY_PAUSE: Duration = Duration::from_secs(30);
/// How many such key ids are remembered.
const UNKNOWN_KEY_CAPACITY: usize = 1024;

/// The keys of one issuer. Each issuer has a cache of its own, so no key ever verifies for another issuer.
pub(crate) struct KeySetCache {
    shared: Arc<Shared>,
    /// Held by the one task that fetches.
    fetching: Arc<AsyncMutex<()>>,
}

struct Shared {
    source: KeySetSource,
    clock: Arc<dyn Clock>,
    memory: Mutex<Memory>,
}

struct Memory {
    fetched: Option<Fetched>,
    failed_at: Option<Duration>,
    unknown_keys: BoundedMap<String, ()>,
    unknown_key_budget: RenewalBudget,
    bad_signature_budget: RenewalBudget,
}

#[derive(Clone)]
struct Fetched {
    keys: Arc<KeySet>,
    at: Duration,
}

/// What about a token suggests that the issuer has changed its keys.
#[derive(Clone, Copy)]
pub(crate) enum RenewalCause<'token> {
    /// Its key id is not among them.
    UnknownKey(&'token str),
    /// Its key is among them, but the signature is not good.
    BadSignature,
}

impl KeySetCache {
    pub(crate) fn new(source: KeySetSource, clock: Arc<dyn Clock>) -> Self {
        let memory = Memory {
            fetched: None,
            failed_at: None,
            unknown_keys: BoundedMap::new(UNKNOWN_KEY_CAPACITY),
            unknown_key_budget: RenewalBudget::default(),
            bad_signature_budget: RenewalBudget::default(),
        };
        Self {
            shared: Arc::new(Shared {
                source,
                clock,
                memory: Mutex::new(memory),
            }),
            fetching: Arc::default(),
        }
    }

    /// The issuer's keys: fresh ones, or in an outage those of the last hour.
    ///
    /// # Errors
    /// [`AuthError::ProviderUnavailable`] when there are none and the issuer does not give any.
    pub(crate) async fn current(&self) -> Result<Arc<KeySet>, AuthError> {
        if let Some(keys) = self.shared.keys_younger_than(KEY_SET_FRESH_FOR) {
            return Ok(keys);
        }
        let turn = Arc::clone(&self.fetching).lock_owned().await;
        // Whoever waited for a turn finds what the one before has fetched, or that it has just failed.
        if let Some(keys) = self.shared.keys_younger_than(KEY_SET_FRESH_FOR) {
            return Ok(keys);
        }
        if !self.shared.has_just_failed() {
            self.fetch(turn).await;
        }
        self.shared
            .keys_younger_than(KEY_SET_USABLE_FOR)
            .ok_or(AuthError::ProviderUnavailable {
                reason: "its keys cannot be fetched and none are remembered",
                retry_after_seconds: FAILED_FETCH_PAUSE.as_secs(),
            })
    }

    /// The issuer's keys after asking again because of a token, or those `seen` when asking is not called for: the budget
    /// is used up, the key id was looked for lately, or the issuer does not answer.
    pub(crate) async fn renewed(&self, seen: Arc<KeySet>, cause: RenewalCause<'_>) -> Arc<KeySet> {
        let turn = Arc::clone(&self.fetching).lock_owned().await;
        match self.shared.latest() {
            Some(latest) if !Arc::ptr_eq(&latest, &seen) => return latest,
            _ => {}
        }
        if !self.shared.has_just_failed() && self.shared.may_renew(cause) {
            self.fetch(turn).await;
        }
        self.shared.latest().unwrap_or(seen)
    }

    /// Fetches in a task of its own, which keeps the turn: when the caller goes away the fetch goes on, and nobody can make
    /// it start over again and again.
    async fn fetch(&self, turn: OwnedMutexGuard<()>) {
        let shared = Arc::clone(&self.shared);
        let task = tokio::spawn(async move {
            shared.fetch().await;
            drop(turn);
        });
        if task.await.is_err() {
            tracing::error!("fetching the identity provider's keys was cut off");
        }
    }
}

impl Shared {
    async fn fetch(&self) {
        let outcome = self.source.fetch().await;
        let now = self.clock.uptime();
        let mut memory = self.memory();
        match outcome {
            Ok(keys) => {
                memory.fetched = Some(Fetched {
                    keys: Arc::new(keys),
                    at: now,
                });
                memory.failed_at = None;
            }
            Err(error) => {
                tracing::warn!(%error, "the identity provider's keys could not be fetched");
                memory.failed_at = Some(now);
            }
        }
    }

    fn keys_younger_than(&self, limit: Duration) -> Option<Arc<KeySet>> {
        let now = self.clock.uptime();
        let fetched = self.memory().fetched.clone()?;
        (now.saturating_sub(fetched.at) < limit).then_some(fetched.keys)
    }

    fn latest(&self) -> Option<Arc<KeySet>> {
        self.memory()
            .fetched
            .as_ref()
            .map(|fetched| Arc::clone(&fetched.keys))
    }

    fn has_just_failed(&self) -> bool {
        let now = self.clock.uptime();
        self.memory()
            .failed_at
            .is_some_and(|failed_at| now.saturating_sub(failed_at) < FAILED_FETCH_PAUSE)
    }

    fn may_renew(&self, cause: RenewalCause<'_>) -> bool {
        let now = self.clock.uptime();
        let mut memory = self.memory();
        match cause {
            RenewalCause::BadSignature => memory.bad_signature_budget.take(now),
            RenewalCause::UnknownKey(key_id) => {
                let key_id = key_id.to_owned();
                if memory.unknown_keys.get(&key_id, now).is_some() {
                    return false;
                }
                let granted = memory.unknown_key_budget.take(now);
                if granted {
                    memory
                        .unknown_keys
                        .insert(key_id, (), now + UNKNOWN_KEY_PAUSE);
                }
                granted
            }
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
