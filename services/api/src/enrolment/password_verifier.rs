//! The verifier of a password for Postgres, so that the password itself is told to its machine alone.

use std::num::NonZeroU32;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::{hmac, pbkdf2, rand};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Secret;
use crate::problem::ApiError;

/// As Postgres chooses. The password is 256 random bits, which no number of guesses finds.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(4_096).expect("4,096 is not zero");
const SALT_BYTES: usize = 16;
const KEY_BYTES: usize = 32;

/// What Postgres keeps of a password for SCRAM-SHA-256 (RFC 5802, RFC 7677).
///
/// # Errors
/// The system has no random bytes to give.
pub fn password_verifier(password: &Secret) -> Result<String, ApiError> {
    let mut salt = [0; SALT_BYTES];
    rand::fill(&mut salt).map_err(|_| ApiError::internal("no random bytes were to be had"))?;
    let mut salted = [0; KEY_BYTES];
    pbkdf2::derive(
        pbkdf2::PBKDF2_HMAC_SHA256,
        ITERATIONS,
        &salt,
        password.expose().as_bytes(),
        &mut salted,
    );
    let key = hmac::Key::new(hmac::HMAC_SHA256, &salted);
    let client_key = hmac::sign(&key, b"Client Key");
    let stored_key = digest(&SHA256, client_key.as_ref());
    let server_key = hmac::sign(&key, b"Server Key");
    Ok(format!(
        "SCRAM-SHA-256${ITERATIONS}:{}${}:{}",
        STANDARD.encode(salt),
        STANDARD.encode(stored_key.as_ref()),
        STANDARD.encode(server_key.as_ref()),
    ))
}
