//! Every way a request about machines of tenants' own can fail beyond those of any request.

use actix_web::http::StatusCode;
use gantry_domain::{ENROL_TOKEN_LIMIT_COUNT, TENANT_QUEUE_LIMIT_COUNT, WORKER_TOKEN_LIMIT_COUNT};

/// Why a request about machines of tenants' own failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnrolmentError {
    /// The operator has not said where machines reach Postgres and Redis.
    #[error(
        "This installation enrols no machines: its operator has not set GANTRY_ENROLLED_DATABASE_URL and GANTRY_ENROLLED_REDIS_URL."
    )]
    NotOffered,
    /// The token lets nobody in.
    #[error(
        "This enrol token is unknown, was used or withdrawn, or has expired; have another one minted."
    )]
    Refused,
    /// As many enrol tokens as may wait.
    #[error(
        "{ENROL_TOKEN_LIMIT_COUNT} enrol tokens wait for their machines, as many as may; withdraw some."
    )]
    TooManyEnrolTokens,
    /// As many machines as a tenant may have.
    #[error(
        "The tenant has {WORKER_TOKEN_LIMIT_COUNT} machines, as many as it may have; revoke some."
    )]
    TooManyMachines,
    /// As many queues as may belong to a tenant.
    #[error("{TENANT_QUEUE_LIMIT_COUNT} queues belong to the tenant, as many as may.")]
    TooManyQueues,
    /// No such enrol token in the caller's tenant.
    #[error("There is no such enrol token that waits for its machine.")]
    EnrolTokenNotFound,
    /// No such worker token in the caller's tenant.
    #[error("There is no such worker token.")]
    WorkerTokenNotFound,
    /// The worker token is none.
    #[error("This worker token is unknown.")]
    WorkerTokenUnknown,
    /// The worker token was not renewed in time.
    #[error("This worker token has expired; enrol the machine anew.")]
    WorkerTokenExpired,
    /// The worker token was taken back.
    #[error("This worker token was revoked.")]
    WorkerTokenRevoked,
}

impl EnrolmentError {
    /// The status, the code and the title.
    pub(super) const fn classify(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::NotOffered => (
                StatusCode::SERVICE_UNAVAILABLE,
                "enrolment_not_offered",
                "Machines cannot be enrolled here",
            ),
            Self::Refused => (
                StatusCode::UNAUTHORIZED,
                "enrol_token_refused",
                "The enrol token lets nobody in",
            ),
            Self::TooManyEnrolTokens => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "too_many_enrol_tokens",
                "There are too many enrol tokens",
            ),
            Self::TooManyMachines => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "too_many_machines",
                "There are too many machines",
            ),
            Self::TooManyQueues => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "too_many_queues",
                "There are too many queues",
            ),
            Self::EnrolTokenNotFound => (
                StatusCode::NOT_FOUND,
                "enrol_token_not_found",
                "There is no such enrol token",
            ),
            Self::WorkerTokenNotFound => (
                StatusCode::NOT_FOUND,
                "worker_token_not_found",
                "There is no such worker token",
            ),
            Self::WorkerTokenUnknown => (
                StatusCode::UNAUTHORIZED,
                "worker_token_unknown",
                "The worker token is unknown",
            ),
            Self::WorkerTokenExpired => (
                StatusCode::UNAUTHORIZED,
                "worker_token_expired",
                "The worker token has expired",
            ),
            Self::WorkerTokenRevoked => (
                StatusCode::UNAUTHORIZED,
                "worker_token_revoked",
                "The worker token was revoked",
            ),
        }
    }
}
