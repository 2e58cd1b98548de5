//! Every way a request with or about API keys can fail.

use actix_web::http::StatusCode;
use gantry_domain::API_KEY_LIMIT_COUNT;

use crate::rights::Right;

/// Why a request with or about API keys failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApiKeyError {
    /// The key is genuine and was revoked.
    #[error("The API key was revoked.")]
    Revoked,
    /// The key is genuine and its time is over.
    #[error("The API key has expired; make a new one.")]
    Expired,
    /// The person the key acts for is no longer in the tenant.
    #[error("Who made the API key no longer belongs to its tenant.")]
    MakerLeft,
    /// The request names another tenant than the key's.
    #[error("X-Tenant-Id does not name the tenant of the API key.")]
    OtherTenant,
    /// The operation is not for programs.
    #[error("This is for people who sign in, not for API keys.")]
    PeopleOnly,
    /// The key lacks the right.
    #[error("The scopes of the API key do not include {0}.")]
    MissingScope(Right),
    /// No such key.
    #[error("There is no such API key.")]
    NotFound,
    /// The key is someone else's.
    #[error("Only who made the API key, or an administrator of the tenant, may do this.")]
    NotTheOwner,
    /// As many keys as allowed.
    #[error("A tenant has {API_KEY_LIMIT_COUNT} API keys that work at most; revoke one first.")]
    TooMany,
}

impl ApiKeyError {
    /// The status, the code and the title.
    pub(super) const fn classify(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Revoked => (
                StatusCode::UNAUTHORIZED,
                "api_key_revoked",
                "The API key was revoked",
            ),
            Self::Expired => (
                StatusCode::UNAUTHORIZED,
                "api_key_expired",
                "The API key has expired",
            ),
            Self::MakerLeft => (
                StatusCode::UNAUTHORIZED,
                "api_key_revoked",
                "The API key was revoked",
            ),
            Self::OtherTenant => (StatusCode::FORBIDDEN, "forbidden", "Not allowed"),
            Self::PeopleOnly => (StatusCode::FORBIDDEN, "people_only", "Not for API keys"),
            Self::MissingScope(_) => (
                StatusCode::FORBIDDEN,
                "missing_scope",
                "The API key does not allow this",
            ),
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "api_key_not_found",
                "There is no such API key",
            ),
            Self::NotTheOwner => (
                StatusCode::FORBIDDEN,
                "not_the_owner",
                "The API key is someone else's",
            ),
            Self::TooMany => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "too_many_api_keys",
                "There are too many API keys",
            ),
        }
    }
}
