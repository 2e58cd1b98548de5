//! The answer to a request that failed: its status and the headers that belong to it.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use gantry_auth::AuthError;

use super::ApiError;

/// How long to wait before the same request may do better, in seconds.
const RETRY_AFTER_SECONDS: u64 = 2;

impl ApiError {
    /// The answer's status and the headers that belong to this problem.
    pub fn head(&self) -> HttpResponseBuilder {
        let mut response = HttpResponse::build(self.status_code());
        if let Some(seconds) = self.retry_after_seconds() {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        match self {
            Self::MethodNotAllowed { allowed } => {
                response.insert_header((header::ALLOW, allowed.as_str()));
            }
            _ if self.status_code() == StatusCode::UNAUTHORIZED => {
                response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
            }
            _ => {}
        }
        response
    }

    /// The value of `Retry-After`, where trying again may help.
    fn retry_after_seconds(&self) -> Option<u64> {
        match self {
            Self::Auth(AuthError::ProviderUnavailable {
                retry_after_seconds,
                ..
            }) => Some(*retry_after_seconds),
            Self::RateLimited(refusal) => Some(refusal.retry_after_seconds),
            _ if self.status_code() == StatusCode::SERVICE_UNAVAILABLE => Some(RETRY_AFTER_SECONDS),
            _ => None,
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.classify().0
    }

    /// Status and headers only: the middleware that knows the request's ids writes the document.
    fn error_response(&self) -> HttpResponse {
        let mut response = self.head().finish();
        response.extensions_mut().insert(self.clone());
        response
    }
}
