//! What tells a request apart from another one under the same idempotency key.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// The SHA-256 of a request's method, path and body. Spacing and the order of fields in the body do not matter, all else
/// does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestHash([u8; 32]);

impl RequestHash {
    /// The hash of a request.
    pub fn of(method: &str, path: &str, body: &Value) -> Self {
        let mut hash = Sha256::new();
        absorb_text(&mut hash, b'm', method);
        absorb_text(&mut hash, b'p', path);
        absorb(&mut hash, body);
        Self(hash.finalize().into())
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Each value begins with what it is and how long it is, so that no two different ones read alike.
fn absorb(hash: &mut Sha256, value: &Value) {
    match value {
        Value::Null => hash.update(b"n"),
        Value::Bool(false) => hash.update(b"f"),
        Value::Bool(true) => hash.update(b"t"),
        Value::Number(number) => absorb_text(hash, b'#', &number.to_string()),
        Value::String(text) => absorb_text(hash, b'"', text),
        Value::Array(items) => {
            absorb_length(hash, b'[', items.len());
            items.iter().for_each(|item| absorb(hash, item));
        }
        Value::Object(fields) => {
            absorb_length(hash, b'{', fields.len());
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            for (name, value) in fields {
                absorb_text(hash, b'"', name);
                absorb(hash, value);
            }
        }
    }
}

fn absorb_text(hash: &mut Sha256, what: u8, text: &str) {
    absorb_length(hash, what, text.len());
    hash.update(text);
}

fn absorb_length(hash: &mut Sha256, what: u8, length: usize) {
    hash.update([what]);
    hash.update(length.to_be_bytes());
}
