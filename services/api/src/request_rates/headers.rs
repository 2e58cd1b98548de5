//! The headers that tell a caller what is left of a rate, as many clients know them.

use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::{HttpMessage, HttpRequest};
use gantry_domain::RequestBudget;

use super::whole_seconds;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// The headers, for browsers to be told that pages may read them.
pub const RATE_LIMIT_HEADERS: [HeaderName; 3] = [LIMIT, REMAINING, RESET];

/// What is left of the budget that a caller has to mind.
#[derive(Debug, Clone, Copy)]
pub struct RateLimitState {
    limit: u32,
    remaining: u32,
    reset_seconds: u64,
}

impl RateLimitState {
    pub fn of(budget: &RequestBudget) -> Self {
        Self {
            limit: budget.rate().requests_per_hour(),
            remaining: budget.remaining(),
            reset_seconds: whole_seconds(budget.whole_after()),
        }
    }
}

/// Tells what is left after a request, if it was counted.
pub fn tell_rate_limit(request: &HttpRequest, headers: &mut HeaderMap) {
    let Some(state) = request.extensions().get::<RateLimitState>().copied() else {
        return;
    };
    headers.insert(LIMIT, state.limit.into());
    headers.insert(REMAINING, state.remaining.into());
    headers.insert(RESET, state.reset_seconds.into());
}
