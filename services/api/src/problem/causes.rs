//! Failures of what stands behind the API, as its own.

use actix_web::http::StatusCode;
use gantry_auth::AuthError;
use gantry_store::StoreError;

use super::ApiError;

pub(super) fn classify_auth(error: &AuthError) -> (StatusCode, &'static str, &'static str) {
    match error {
        AuthError::Unauthenticated { .. } => (
            StatusCode::UNAUTHORIZED,
            error.code(),
            "Sign-in is required",
        ),
        AuthError::Forbidden { .. } => (StatusCode::FORBIDDEN, error.code(), "Not allowed"),
        AuthError::BadHeader { .. } => (
            StatusCode::BAD_REQUEST,
            error.code(),
            "A header cannot be read",
        ),
        AuthError::ProviderUnavailable { .. } => (
            StatusCode::SERVICE_UNAVAILABLE,
            error.code(),
            "The identity provider does not answer",
        ),
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_)
            | StoreError::SessionRemains
            | StoreError::SchemaMissing
            | StoreError::SchemaBehind { .. } => Self::DatabaseUnavailable {
                cause: error.to_string(),
            },
            StoreError::Statement(_)
            | StoreError::UnknownContent { .. }
            | StoreError::RowSecurityInactive { .. }
            | StoreError::DoorShut { .. }
            | StoreError::NoAnnouncedKind => Self::internal(error),
        }
    }
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        Self::Auth(error)
    }
}
