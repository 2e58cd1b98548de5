//! Secrets that nobody can guess: shown once, kept as their hash.

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gantry_store::SecretHash;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::problem::ApiError;

/// How an enrol token begins, so that people and programs tell it from others.
pub const ENROL_TOKEN_PREFIX: &str = "ge_";
/// How a worker token begins.
pub const WORKER_TOKEN_PREFIX: &str = "gw_";
/// How many random bytes a secret has.
const LENGTH_BYTES: usize = 32;

/// A secret of 256 random bits.
pub struct Secret(SecretString);

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// The system has no random bytes to give.
    pub fn generate(prefix: &str) -> Result<Self, ApiError> {
        let mut bytes = [0; LENGTH_BYTES];
        rand::fill(&mut bytes).map_err(|_| ApiError::internal("no random bytes were to be had"))?;
        let text = format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes));
        Ok(Self(SecretString::from(text)))
    }

    /// The secret itself, for the one answer that shows it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What is kept of it.
    pub fn hash(&self) -> SecretHash {
        Self::hash_of(&self.0)
    }

    /// What is kept of a secret that was presented. Rows are found by it, so nothing is compared here byte by byte.
    pub fn hash_of(presented: &SecretString) -> SecretHash {
        Sha256::digest(presented.expose_secret()).into()
    }
}
