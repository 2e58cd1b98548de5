//! The header of a token: which key and algorithm it claims, and everything that makes it unacceptable.

use serde_json::{Map, Value};

use super::Algorithm;
use super::strict_json::parse_object;
use crate::error::AuthError;

/// The longest key id that is looked up.
const KEY_ID_LIMIT_BYTES: usize = 256;
/// Members that change what the rest of the token means; none of them is understood here.
const REFUSED_MEMBERS: [&str; 3] = ["crit", "b64", "zip"];

/// An acceptable header. Keys it brings along or points to (`jwk`, `jku`, `x5c`, `x5u`) are never looked at.
pub(crate) struct Header {
    /// The algorithm the signature is said to be made with.
    pub(crate) algorithm: Algorithm,
    /// The issuer's name for the key.
    pub(crate) key_id: String,
    /// `cat`: the class of token, for the issuers that tell classes apart.
    pub(crate) category: Option<Value>,
}

impl Header {
    /// Reads a header.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, AuthError> {
        let members = parse_object(bytes).ok_or(AuthError::invalid(
            "the token's header is not one unambiguous JSON object",
        ))?;
        if REFUSED_MEMBERS
            .iter()
            .any(|name| members.contains_key(*name))
        {
            return Err(AuthError::invalid(
                "the token's header has crit, b64 or zip",
            ));
        }
        if members.get("typ").is_some_and(|typ| typ != "JWT") {
            return Err(AuthError::invalid("the token's type is not JWT"));
        }
        let algorithm =
            text(&members, "alg")
                .and_then(Algorithm::from_name)
                .ok_or(AuthError::invalid(
                    "the token's algorithm is missing or not accepted",
                ))?;
        let key_id = text(&members, "kid")
            .filter(|key_id| is_key_id(key_id))
            .ok_or(AuthError::invalid(
                "the token's key id is missing or cannot be one",
            ))?
            .to_owned();
        Ok(Self {
            algorithm,
            key_id,
            category: members.get("cat").cloned(),
        })
    }
}

/// Whether the text can be a key's id: what cannot is refused without asking the issuer.
pub(crate) fn is_key_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= KEY_ID_LIMIT_BYTES
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn text<'members>(members: &'members Map<String, Value>, name: &str) -> Option<&'members str> {
    members.get(name).and_then(Value::as_str)
}
