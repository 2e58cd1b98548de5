//! The API keys that were found to be valid a moment ago.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gantry_auth::ApiKey;
use gantry_domain::ApiKeyId;

use super::KnownKey;

/// How long Postgres is not asked again; so long a key may live on in other processes than the one that revoked it.
const REMEMBERED_FOR: Duration = Duration::from_secs(2);
/// How many keys are kept in mind; at more all are forgotten, which costs a few statements.
const CAPACITY: usize = 10_000;

/// The API keys that were found to be valid a moment ago, by public part and digest.
#[derive(Default)]
pub struct KnownKeys(Mutex<Known>);

#[derive(Default)]
struct Known {
    keys: HashMap<(String, [u8; 32]), (Instant, Arc<KnownKey>)>,
    /// Grows with each revocation, so that what Postgres said before one is not kept after it.
    revocations: u64,
}

/// When Postgres was asked for a key.
#[derive(Clone, Copy)]
pub struct Asking {
    asked_at: Instant,
    revocations: u64,
}

impl KnownKeys {
    /// What is known of a key.
    pub fn get(&self, key: &ApiKey) -> Option<Arc<KnownKey>> {
        let known = self.lock();
        let (asked_at, key) = known.keys.get(&name_of(key))?;
        (asked_at.elapsed() < REMEMBERED_FOR).then(|| Arc::clone(key))
    }

    /// To be called before Postgres is asked.
    pub fn begin_asking(&self) -> Asking {
        Asking {
            asked_at: Instant::now(),
            revocations: self.lock().revocations,
        }
    }

    /// Keeps what Postgres said in mind, unless a key was revoked since it was asked.
    pub fn keep(&self, key: &ApiKey, found: Arc<KnownKey>, asking: Asking) {
        let mut known = self.lock();
        if known.revocations != asking.revocations {
            return;
        }
        if known.keys.len() >= CAPACITY {
            known.keys.clear();
        }
        known.keys.insert(name_of(key), (asking.asked_at, found));
    }

    /// To be called once a revocation has committed.
    pub fn forget(&self, id: ApiKeyId) {
        let mut known = self.lock();
        known.revocations += 1;
        known.keys.retain(|_, (_, key)| key.grant.id != id);
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn name_of(key: &ApiKey) -> (String, [u8; 32]) {
    (key.public_id().to_owned(), *key.digest().as_bytes())
}

#[cfg(test)]
mod tests {
    //! The moment between an answer of Postgres and a revocation cannot be met from outside.

    use std::sync::Arc;

    use gantry_auth::{ApiKey, Principal, Standing};
    use gantry_domain::{ApiKeyId, Role, TenantId, UserId};

    use super::{KnownKey, KnownKeys};
    use crate::api_keys::KeyGrant;

    fn found() -> Arc<KnownKey> {
        Arc::new(KnownKey {
            grant: KeyGrant {
                id: ApiKeyId::generate(),
                scopes: Vec::new(),
            },
            principal: Principal {
                issuer: "issuer".to_owned(),
                subject: "someone".to_owned(),
                user: UserId::for_subject("issuer", "someone"),
                tenant: TenantId::for_person("issuer", "someone"),
                standing: Standing::Proven(Role::Owner),
                email: None,
                display_name: None,
                organization: None,
            },
            vouched_role: None,
        })
    }

    #[test]
    fn what_postgres_said_before_a_revocation_is_not_kept_after_it() {
        let (keys, key, found) = (KnownKeys::default(), ApiKey::generate(), found());
        let asking = keys.begin_asking();
        keys.forget(found.grant.id);
        keys.keep(&key, Arc::clone(&found), asking);
        assert!(keys.get(&key).is_none());

        keys.keep(&key, Arc::clone(&found), keys.begin_asking());
        assert!(keys.get(&key).is_some());
        assert!(keys.get(&ApiKey::generate()).is_none());
        keys.forget(found.grant.id);
        assert!(keys.get(&key).is_none());
    }
}
