//! A JSON body, read when the handler asks for it.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use serde_json::Value;

use super::raw_body::read_within_limits;
use crate::problem::ApiError;

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
        let text = read_within_limits(&self.request, &mut self.payload).await?;
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
