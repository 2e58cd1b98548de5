//! Signed tokens: the compact form taken apart, the signature checked, and only then the claims read.

mod algorithm;
mod claims;
mod header;
mod strict_json;
mod verifier;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub(crate) use algorithm::Algorithm;
pub(crate) use claims::{Claims, Expectations, name_in};
pub(crate) use header::{Header, is_key_id};
pub(crate) use verifier::TokenVerifier;

use crate::error::AuthError;

/// The longest token that is looked at. Cookies end at 4 KiB; tokens that list groups are longer.
pub const TOKEN_LIMIT_BYTES: usize = 16 * 1024;
/// How far the issuer's clock may be from this one.
pub const CLOCK_SKEW_SECONDS: i64 = 5;

/// A token taken apart, its signature not yet checked: nothing but the key may be chosen by it.
pub(crate) struct UnverifiedToken<'text> {
    pub(crate) header: Header,
    signed: &'text [u8],
    payload: &'text str,
    signature: Vec<u8>,
}

impl<'text> UnverifiedToken<'text> {
    /// Takes a compact token apart: three parts of unpadded base64url, the first a header that is acceptable.
    pub(crate) fn parse(token: &'text str) -> Result<Self, AuthError> {
        if token.len() > TOKEN_LIMIT_BYTES {
            return Err(AuthError::invalid("the token is longer than the limit"));
        }
        let parts: Vec<&str> = token.splitn(4, '.').collect();
        let [header, payload, signature] = parts[..] else {
            return Err(AuthError::invalid("the token does not have three parts"));
        };
        Ok(Self {
            header: Header::parse(&decode(header)?)?,
            signed: &token.as_bytes()[..header.len() + 1 + payload.len()],
            payload,
            signature: decode(signature)?,
        })
    }

    /// What the signature is made over.
    pub(crate) fn signed(&self) -> &[u8] {
        self.signed
    }

    /// The signature's bytes.
    pub(crate) fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The payload's bytes, to be read once the signature is found good.
    pub(crate) fn payload(&self) -> Result<Vec<u8>, AuthError> {
        decode(self.payload)
    }
}

fn decode(part: &str) -> Result<Vec<u8>, AuthError> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| AuthError::invalid("a part of the token is not unpadded base64url"))
}
