//! Whom the rates refused lately: until there is room, such a caller costs neither Postgres nor Redis anything, and what comes
//! from such an address without proof keeps to one line.

use std::collections::HashMap;
use std::net::IpAddr;
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
pub struct LatelyRefused(Mutex<Refused>);

#[derive(Default)]
struct Refused {
    callers: HashMap<(UserId, TenantId), (Instant, Refusal)>,
    /// When there is room again for requests without valid credentials from there.
    networks: HashMap<IpAddr, Instant>,
}

impl LatelyRefused {
    /// The refusal that still holds for this person in this tenant.
    pub fn find(&self, principal: &Principal) -> Option<Refusal> {
        let refused = self.lock();
        let (ends_at, refusal) = refused.callers.get(&(principal.user, principal.tenant))?;
        (Instant::now() < *ends_at).then_some(*refusal)
    }

    /// Keeps a refusal in mind; there is room for another request `room_after` now.
    pub fn keep(&self, principal: &Principal, refusal: Refusal, room_after: Duration) {
        let ends_at = Instant::now() + room_after.min(REPEATED_FOR);
        let callers = &mut self.lock().callers;
        if callers.len() >= CAPACITY {
            callers.clear();
        }
        callers.insert((principal.user, principal.tenant), (ends_at, refusal));
    }

    /// Whether requests without valid credentials are refused from this network.
    pub fn is_refused(&self, network: IpAddr) -> bool {
        let ends_at = self.lock().networks.get(&network).copied();
        ends_at.is_some_and(|ends_at| Instant::now() < ends_at)
    }

    /// Keeps in mind that there is no room for requests without valid credentials from this network until `room_after`.
    pub fn keep_network(&self, network: IpAddr, room_after: Duration) {
        let networks = &mut self.lock().networks;
        if networks.len() >= CAPACITY {
            networks.clear();
        }
        networks.insert(network, Instant::now() + room_after);
    }

    /// Forgets what was refused in a tenant.
    pub fn forget(&self, tenant_id: TenantId) {
        self.lock()
            .callers
            .retain(|(_, tenant), _| *tenant != tenant_id);
    }

    fn lock(&self) -> MutexGuard<'_, Refused> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
