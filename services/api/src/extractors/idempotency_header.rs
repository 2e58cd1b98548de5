//! The header `Idempotency-Key`, read when the handler asks for it.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{FromRequest, HttpRequest};
use gantry_domain::IdempotencyKey;
use serde_json::Value;

use crate::problem::ApiError;
use crate::request_hash::RequestHash;

const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// What an answer carries whose request was made before.
pub const IDEMPOTENCY_REPLAYED: (&str, &str) = ("Idempotency-Replayed", "true");

/// The header `Idempotency-Key` of a request, not read yet.
pub struct IdempotencyHeader(HttpRequest);

/// The key of a request whose body was not read yet.
pub struct KeyedCall {
    key: IdempotencyKey,
    method: Method,
    path: String,
}

/// What tells a request from every other one: its key, and what it asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestIdentity {
    /// The key its sender gave it.
    pub key: IdempotencyKey,
    /// What it asks for.
    pub hash: RequestHash,
}

impl FromRequest for IdempotencyHeader {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(request.clone())))
    }
}

impl IdempotencyHeader {
    /// The key, if there is one.
    ///
    /// # Errors
    /// It is no key, or there are several.
    pub fn read(self) -> Result<Option<KeyedCall>, ApiError> {
        let mut values = self.0.headers().get_all(IDEMPOTENCY_KEY);
        let Some(value) = values.next() else {
            return Ok(None);
        };
        let key = std::str::from_utf8(value.as_bytes())
            .ok()
            .filter(|_| values.next().is_none())
            .and_then(|text| text.parse().ok())
            .ok_or(ApiError::BadIdempotencyKey)?;
        Ok(Some(KeyedCall {
            key,
            method: self.0.method().clone(),
            path: self.0.path().to_owned(),
        }))
    }
}

impl KeyedCall {
    /// The request's identity, once its body is known.
    pub fn identity(self, body: &Value) -> RequestIdentity {
        RequestIdentity {
            hash: RequestHash::of(self.method.as_str(), &self.path, body),
            key: self.key,
        }
    }
}
