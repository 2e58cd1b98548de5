//! Tokens that were found good, remembered by their digest so that a busy caller is not verified again each time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::bounded_map::BoundedMap;
use crate::clock::Clock;
use crate::principal::Identity;

/// How many tokens are remembered; the oldest makes room.
pub const VERIFIED_TOKEN_CAPACITY: usize = 10_000;
/// How long a token is remembered at most, should it expire later: a key the issuer withdraws stops counting soon for
/// these tokens, too.
pub const VERIFIED_TOKEN_LIMIT: Duration = Duration::from_secs(5 * 60);

/// The SHA-256 of a token: enough to know it again, useless to anyone who reads memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TokenDigest([u8; 32]);

impl TokenDigest {
    pub(super) fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }
}

/// Tokens that were found good, until they expire.
pub(super) struct VerifiedTokens {
    identities: Mutex<BoundedMap<TokenDigest, Identity>>,
    clock: Arc<dyn Clock>,
}

impl VerifiedTokens {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            identities: Mutex::new(BoundedMap::new(VERIFIED_TOKEN_CAPACITY)),
            clock,
        }
    }

    /// Whose token it is, unless it is unknown or has expired.
    pub(super) fn identity(&self, digest: TokenDigest) -> Option<Identity> {
        let now = self.clock.uptime();
        let identities = self
            .identities
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let identity = identities.get(&digest, now)?;
        let has_expired = identity
            .expires_at
            .is_none_or(|expires_at| expires_at <= self.clock.now());
        (!has_expired).then(|| identity.clone())
    }

    /// Remembers a token until it expires.
    pub(super) fn remember(
        &self,
        digest: TokenDigest,
        identity: Identity,
        expires_at: DateTime<Utc>,
    ) {
        let Ok(remaining) = (expires_at - self.clock.now()).to_std() else {
            return;
        };
        let ends_at = self.clock.uptime() + remaining.min(VERIFIED_TOKEN_LIMIT);
        let mut identities = self
            .identities
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        identities.insert(digest, identity, ends_at);
    }
}
