//! A JSON body, read when the handler asks for it.

use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::web::{BytesMut, Data};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::StreamExt;
use serde_json::Value;
use tokio::time::timeout;

use crate::api::Api;
use crate::problem::ApiError;

/// How long a body may take to arrive; after that the request is answered 408.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// How much of a body that is too large is still read and thrown away, so that the sender gets to see the answer.
const DISCARD_LIMIT_BYTES: usize = 16 * 1024 * 1024;

/// A JSON body that has not been read yet.
pub struct JsonBody {
    request: HttpRequest,
    payload: Payload,
}

/// A body that was read.
pub struct JsonDocument {
    /// The document.
    pub value: Value,
    /// How long its text was.
    pub length_bytes: usize,
}

impl FromRequest for JsonBody {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(Ok(Self {
            request: request.clone(),
            payload: payload.take(),
        }))
    }
}

impl JsonBody {
    /// Reads the whole body.
    ///
    /// # Errors
    /// It is not announced as JSON, too large, too slow, broken off, or no JSON.
    pub async fn read(mut self) -> Result<JsonDocument, ApiError> {
        if !self.is_announced_as_json() {
            return Err(ApiError::UnsupportedMediaType);
        }
        let limit_bytes = self
            .request
            .app_data::<Data<Api>>()
            .map(|api| api.limits.body_bytes)
            .ok_or_else(|| ApiError::internal("the application has no shared state"))?;
        let text = timeout(BODY_TIMEOUT, read_to_end(&mut self.payload, limit_bytes))
            .await
            .map_err(|_| ApiError::BodyTooSlow {
                limit_seconds: BODY_TIMEOUT.as_secs(),
            })??;
        let value = serde_json::from_slice(&text).map_err(|error| malformed(&error))?;
        Ok(JsonDocument {
            value,
            length_bytes: text.len(),
        })
    }

    /// Reads the whole body, or takes one that was not sent for an empty object.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub async fn read_or_empty(self) -> Result<Value, ApiError> {
        let headers = self.request.headers();
        let is_absent = !headers.contains_key(header::CONTENT_TYPE)
            && !headers.contains_key(header::TRANSFER_ENCODING)
            && headers
                .get(header::CONTENT_LENGTH)
                .is_none_or(|length| length.as_bytes() == b"0");
        if is_absent {
            return Ok(Value::Object(serde_json::Map::new()));
        }
        Ok(self.read().await?.value)
    }

    fn is_announced_as_json(&self) -> bool {
        let is_json = self.request.mime_type().is_ok_and(|mime| {
            mime.is_some_and(|mime| {
                mime.essence_str() == "application/json"
                    || mime.suffix().is_some_and(|suffix| suffix == "json")
            })
        });
        let is_plain = self
            .request
            .headers()
            .get_all(header::CONTENT_ENCODING)
            .all(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
        is_json && is_plain
    }
}

async fn read_to_end(payload: &mut Payload, limit_bytes: usize) -> Result<BytesMut, ApiError> {
    let mut body = BytesMut::new();
    let mut read_bytes = 0;
    while let Some(part) = payload.next().await {
        let part = part.map_err(|error| broken_off(&error))?;
        read_bytes += part.len();
        if read_bytes <= limit_bytes {
            body.extend_from_slice(&part);
        } else if read_bytes > limit_bytes.saturating_add(DISCARD_LIMIT_BYTES) {
            break;
        } else {
            body = BytesMut::new();
        }
    }
    if read_bytes > limit_bytes {
        return Err(ApiError::BodyTooLarge { limit_bytes });
    }
    Ok(body)
}

fn broken_off(error: &PayloadError) -> ApiError {
    tracing::debug!(%error, "a request body broke off");
    ApiError::IncompleteBody
}

/// serde_json's words, which name what was expected and never the text itself.
fn malformed(error: &serde_json::Error) -> ApiError {
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or(&text).to_owned();
    ApiError::MalformedJson {
        reason,
        line: error.line(),
        column: error.column(),
    }
}
