//! Tokens: good ones, and everything an attacker makes of them.

use serde_json::{Value, json};

use super::keys::{SigningKey, encode};

/// A token under construction.
#[derive(Clone)]
pub struct Token {
    pub header: Value,
    pub claims: Value,
}

impl Token {
    /// The same with another claim.
    pub fn claim(mut self, name: &str, value: Value) -> Self {
        self.claims[name] = value;
        self
    }

    pub fn without_claim(mut self, name: &str) -> Self {
        self.claims.as_object_mut().unwrap().remove(name);
        self
    }

    /// The same with another header member.
    pub fn member(mut self, name: &str, value: Value) -> Self {
        self.header[name] = value;
        self
    }

    pub fn without_member(mut self, name: &str) -> Self {
        self.header.as_object_mut().unwrap().remove(name);
        self
    }

    /// Signed honestly by the key that the header names.
    pub fn signed_by(&self, key: &SigningKey) -> String {
        let header = self
            .clone()
            .member("alg", json!(key.algorithm))
            .member("kid", json!(key.key_id));
        header.signed_as_it_is(key)
    }

    /// Signed by the key, whatever the header says.
    pub fn signed_as_it_is(&self, key: &SigningKey) -> String {
        compact(
            self.header.to_string(),
            self.claims.to_string(),
            |message| key.sign(message),
        )
    }

    /// With a signature of the attacker's making.
    pub fn signed_with(&self, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
        compact(self.header.to_string(), self.claims.to_string(), sign)
    }
}

/// A compact token of exactly these bytes.
pub fn compact(
    header: impl AsRef<[u8]>,
    payload: impl AsRef<[u8]>,
    sign: impl FnOnce(&[u8]) -> Vec<u8>,
) -> String {
    let signed = format!("{}.{}", encode(header), encode(payload));
    let signature = encode(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}
