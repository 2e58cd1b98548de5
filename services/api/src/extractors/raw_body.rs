//! A body as it was sent, read when the handler asks for it.

use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::web::{BytesMut, Data};
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use tokio::time::timeout;

use crate::api::Api;
use crate::problem::ApiError;

/// How long a body may take to arrive; after that the request is answered 408.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// How much of a body that is too large is still read and thrown away, so that the sender gets to see the answer.
const DISCARD_LIMIT_BYTES: usize = 16 * 1024 * 1024;

/// A body that has not been read yet, whatever it is.
pub struct RawBody {
    request: HttpRequest,
    payload: Payload,
}

impl FromRequest for RawBody {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(Ok(Self {
            request: request.clone(),
            payload: payload.take(),
        }))
    }
}

impl RawBody {
    /// Reads the whole body, byte for byte.
    ///
    /// # Errors
    /// It is too large, too slow or broken off.
    pub async fn read(mut self) -> Result<BytesMut, ApiError> {
        read_within_limits(&self.request, &mut self.payload).await
    }
}

/// The whole body, if it is not larger than the application allows and does not take too long.
pub(super) async fn read_within_limits(
    request: &HttpRequest,
    payload: &mut Payload,
) -> Result<BytesMut, ApiError> {
    let limit_bytes = request
        .app_data::<Data<Api>>()
        .map(|api| api.limits.body_bytes)
        .ok_or_else(|| ApiError::internal("the application has no shared state"))?;
    timeout(BODY_TIMEOUT, read_to_end(payload, limit_bytes))
        .await
        .map_err(|_| ApiError::BodyTooSlow {
            limit_seconds: BODY_TIMEOUT.as_secs(),
        })?
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
