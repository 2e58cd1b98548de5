//! API keys: `gk_`, a public part by which the key is found, and a secret part of which only a digest is ever stored.

use std::fmt;

use rand::distr::{Alphanumeric, SampleString};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What every API key begins with.
pub const API_KEY_PREFIX: &str = "gk_";

const PUBLIC_ID_CHARACTERS: usize = 16;
/// Letters and digits; 43 of them hold 256 bits.
const SECRET_CHARACTERS: usize = 43;

/// An API key. The secret has no readable form but the one that is shown when it is made.
pub struct ApiKey {
    public_id: String,
    secret: SecretString,
}

/// SHA-256 of the secret part of a key.
#[derive(Clone, Copy)]
pub struct ApiKeyDigest([u8; 32]);

impl ApiKey {
    /// A new key.
    pub fn generate() -> Self {
        let mut random = rand::rng();
        Self {
            public_id: Alphanumeric.sample_string(&mut random, PUBLIC_ID_CHARACTERS),
            secret: Alphanumeric
                .sample_string(&mut random, SECRET_CHARACTERS)
                .into(),
        }
    }

    /// The key that a text is; none for a text that cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let (public_id, secret) = text.strip_prefix(API_KEY_PREFIX)?.split_once('_')?;
        let is_key = is_of(public_id, PUBLIC_ID_CHARACTERS) && is_of(secret, SECRET_CHARACTERS);
        is_key.then(|| Self {
            public_id: public_id.to_owned(),
            secret: secret.into(),
        })
    }

    /// The part that is no secret, by which the key is found.
    pub fn public_id(&self) -> &str {
        &self.public_id
    }

    /// The digest that is stored.
    pub fn digest(&self) -> ApiKeyDigest {
        ApiKeyDigest(Sha256::digest(self.secret.expose_secret().as_bytes()).into())
    }

    /// Whether this is the key of which the digest was stored, in a time that does not depend on the answer; where no key of
    /// that name is stored, it is compared all the same.
    pub fn is_of_digest(&self, stored: Option<ApiKeyDigest>) -> bool {
        let compared = stored.unwrap_or(ApiKeyDigest([0; 32]));
        let is_equal = self.digest().0.ct_eq(&compared.0);
        bool::from(is_equal) & stored.is_some()
    }

    /// The whole key, to be shown once.
    pub fn to_secret_text(&self) -> SecretString {
        let secret = self.secret.expose_secret();
        format!("{API_KEY_PREFIX}{}_{secret}", self.public_id).into()
    }
}

impl ApiKeyDigest {
    /// A digest as it was stored.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest as it is stored.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Names the key by what is no secret of it.
impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ApiKey({API_KEY_PREFIX}{}_…)", self.public_id)
    }
}

/// Whoever reads a log has no use for a digest, unless to guess.
impl fmt::Debug for ApiKeyDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiKeyDigest(…)")
    }
}

fn is_of(text: &str, characters: usize) -> bool {
    text.len() == characters && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
