//! The key under which a sender may repeat a submission without making it twice.

use std::fmt;
use std::str::FromStr;

use crate::IDEMPOTENCY_KEY_LIMIT_CHARACTERS;

/// The key under which a sender may repeat a submission without making it twice: 1 to 255 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IdempotencyKey(String);

/// A text that is no idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected 1 to {IDEMPOTENCY_KEY_LIMIT_CHARACTERS} visible ASCII characters, without spaces"
)]
pub struct InvalidIdempotencyKey;

impl IdempotencyKey {
    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IdempotencyKey {
    type Err = InvalidIdempotencyKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_short = (1..=IDEMPOTENCY_KEY_LIMIT_CHARACTERS).contains(&text.len());
        if is_short && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidIdempotencyKey)
        }
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
