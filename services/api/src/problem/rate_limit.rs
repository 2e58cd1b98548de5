//! The answer to one request too many.

use actix_web::http::StatusCode;

/// A request beyond a rate. It was not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{subject} may make {requests_per_hour} requests an hour, all at once or evenly; try again in {retry_after_seconds} seconds."
)]
pub struct RateLimited {
    /// Who, at the beginning of a sentence.
    pub subject: &'static str,
    /// The rate.
    pub requests_per_hour: u32,
    /// When the next request can be answered.
    pub retry_after_seconds: u64,
}

impl RateLimited {
    /// The status, the code and the title.
    pub(super) const fn classify(self) -> (StatusCode, &'static str, &'static str) {
        (
            StatusCode::TOO_MANY_REQUESTS,
            "rate_limited",
            "Too many requests",
        )
    }
}
