//! The one way from a token's text to claims that may be believed.

use std::sync::Arc;

use super::{Claims, Expectations, Header, UnverifiedToken};
use crate::clock::Clock;
use crate::error::AuthError;
use crate::jwks::{KeySet, KeySetCache, RenewalCause};

/// Verifies the tokens of one issuer.
pub(crate) struct TokenVerifier {
    keys: KeySetCache,
    expected: Expectations,
    clock: Arc<dyn Clock>,
}

impl TokenVerifier {
    pub(crate) fn new(keys: KeySetCache, expected: Expectations, clock: Arc<dyn Clock>) -> Self {
        Self {
            keys,
            expected,
            clock,
        }
    }

    /// The issuer whose tokens are verified.
    pub(crate) fn issuer(&self) -> &str {
        &self.expected.issuer
    }

    /// The token's claims, once the signature is found good and the claims as expected.
    pub(crate) async fn verify(&self, token: &str) -> Result<Claims, AuthError> {
        let token = UnverifiedToken::parse(token)?;
        self.check_signature(&token).await?;
        self.check_category(&token.header)?;
        Claims::parse(&token.payload()?, &self.expected, self.clock.now())
    }

    fn check_category(&self, header: &Header) -> Result<(), AuthError> {
        match (self.expected.categories, &header.category) {
            (Some(accepted), Some(category)) if !accepted.iter().any(|one| category == one) => Err(
                AuthError::invalid("the token is not of a class that people hold"),
            ),
            _ => Ok(()),
        }
    }

    /// An unknown key, and a bad signature by a known one, may both mean that the issuer has changed its keys: look again
    /// once, as far as the cache's budget allows.
    async fn check_signature(&self, token: &UnverifiedToken<'_>) -> Result<(), AuthError> {
        let keys = self.keys.current().await?;
        let cause = match examine(&keys, token) {
            Finding::Good => return Ok(()),
            Finding::Bad => RenewalCause::BadSignature,
            Finding::UnknownKey => RenewalCause::UnknownKey(&token.header.key_id),
        };
        let keys = self.keys.renewed(keys, cause).await;
        match examine(&keys, token) {
            Finding::Good => Ok(()),
            Finding::Bad => Err(AuthError::invalid("the token's signature is not good")),
            Finding::UnknownKey => Err(AuthError::invalid("the token's key is not the issuer's")),
        }
    }
}

enum Finding {
    Good,
    Bad,
    UnknownKey,
}

fn examine(keys: &KeySet, token: &UnverifiedToken<'_>) -> Finding {
    let Header {
        key_id, algorithm, ..
    } = &token.header;
    if !keys.contains(key_id) {
        return Finding::UnknownKey;
    }
    let mut candidates = keys.matching(key_id, *algorithm);
    if candidates.any(|key| key.verifies(token.signed(), token.signature())) {
        Finding::Good
    } else {
        Finding::Bad
    }
}
