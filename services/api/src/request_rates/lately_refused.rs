//! Whom the rates refused lately: until there is room, such a caller costs neither Postgres nor Redis anything.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gantry_auth::Principal;
use gantry_domain::{TenantId, UserId};

use super::headers::RateLimitState;
use crate::problem::RateLimited;

/// How long at most a refusal is repeated without asking; a higher rate that another process was told of is heard of then.
const REPEATED_FOR: Duration = Duration::from_secs(30);
/// How many refusals are kept in mind; at more all are forgotten, which costs a few questions.
const CAPACITY: usize = 10_000;

/// A refusal, as it is answered.
#[derive(Debug, Clone, Copy)]
pub struct Refusal {
    /// The answer.
    pub answer: RateLimited,
    /// What its headers tell.
    pub state: RateLimitState,
}

/// The refusals that still hold.
#[derive(Default)]
pub struct LatelyRefused(Mutex<HashMap<(UserId, TenantId), (Instant, Refusal)>>);

impl LatelyRefused {
    /// The refusal that still holds for this person in this tenant.
    pub fn find(&self, principal: &Principal) -> Option<Refusal> {
        let refused = self.lock();
        let (ends_at, refusal) = refused.get(&(principal.user, principal.tenant))?;
        (Instant::now() < *ends_at).then_some(*refusal)
    }

    /// Keeps a refusal in mind; there is room for another request `room_after` now.
    pub fn keep(&self, principal: &Principal, refusal: Refusal, room_after: Duration) {
        let ends_at = Instant::now() + room_after.min(REPEATED_FOR);
        let mut refused = self.lock();
        if refused.len() >= CAPACITY {
            refused.clear();
        }
        refused.insert((principal.user, principal.tenant), (ends_at, refusal));
    }

    /// Forgets what was refused in a tenant.
    pub fn forget(&self, tenant_id: TenantId) {
        self.lock().retain(|(_, tenant), _| *tenant != tenant_id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(UserId, TenantId), (Instant, Refusal)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
