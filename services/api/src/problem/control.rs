//! Every way a request of operators can fail beyond those of any request.

use actix_web::http::StatusCode;
use gantry_domain::{CONCURRENCY_LIMIT_COUNT, PAUSE_LIMIT_COUNT};

/// Why a request of operators failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// The caller is not among the operators.
    #[error("Only operators may do this; the setting GANTRY_OPERATORS of the API names them.")]
    NotAnOperator,
    /// No queue of this name.
    #[error(
        "No worker serves a queue of this name, no kind names it and no job waits in it; GET /api/v1/queues lists those there are."
    )]
    QueueNotFound,
    /// No tenant of this id.
    #[error("Nobody has signed in for a tenant of this id.")]
    TenantNotFound,
    /// No person of this id.
    #[error("Nobody of this id has signed in.")]
    UserNotFound,
    /// As many pauses as there may be.
    #[error("{PAUSE_LIMIT_COUNT} pauses last already, as many as there may be at a time.")]
    TooManyPauses,
    /// No such limit.
    #[error("There is no limit of its own for this; GET /api/v1/limits lists those there are.")]
    LimitNotFound,
    /// As many limits as there may be.
    #[error("There are {CONCURRENCY_LIMIT_COUNT} limits already, as many as there may be.")]
    TooManyLimits,
}

impl ControlError {
    /// The status, the code and the title.
    pub(super) fn classify(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::NotAnOperator => (
                StatusCode::FORBIDDEN,
                "not_an_operator",
                "This is for operators",
            ),
            Self::QueueNotFound => (
                StatusCode::NOT_FOUND,
                "queue_not_found",
                "There is no such queue",
            ),
            Self::TenantNotFound => (
                StatusCode::NOT_FOUND,
                "tenant_not_found",
                "There is no such tenant",
            ),
            Self::UserNotFound => (
                StatusCode::NOT_FOUND,
                "user_not_found",
                "There is no such person",
            ),
            Self::TooManyPauses => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "too_many_pauses",
                "There are too many pauses",
            ),
            Self::LimitNotFound => (
                StatusCode::NOT_FOUND,
                "limit_not_found",
                "There is no such limit",
            ),
            Self::TooManyLimits => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "too_many_limits",
                "There are too many limits",
            ),
        }
    }
}
