//! Every way a request about people can fail beyond those of any request, whether they or their identity provider send it.

use actix_web::http::StatusCode;
use gantry_auth::WebhookError;
use gantry_domain::{DELETION_RETURN_DAYS, JobState};

/// Why a request about people failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeopleError {
    /// No such profile in the caller's tenant.
    #[error("There is no such profile.")]
    ProfileNotFound,
    /// Another profile of the tenant is for that address.
    #[error("The tenant has a profile for this address already.")]
    ProfileEmailTaken,
    /// No such export of the caller's, or its parts are gone.
    #[error("There is no such export of yours; ask for one with GET /api/v1/users/me/export.")]
    ExportNotFound,
    /// An export that is not complete.
    #[error("The export is not complete: its last job is {0}.")]
    ExportNotReady(JobState),
    /// The caller has not wished the account to end.
    #[error("Nobody has asked for the end of this account.")]
    DeletionNotRequested,
    /// The wish can no longer be taken back.
    #[error(
        "It is too late: the account ends, and this could be taken back for {DELETION_RETURN_DAYS} days only."
    )]
    DeletionNotCancellable,
    /// The caller's account is gone.
    #[error("This account was deleted here, and its credentials are of no use any more.")]
    AccountDeleted,
    /// The identity provider's message was not taken.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
}

impl PeopleError {
    /// The status, the code and the title.
    pub(super) const fn classify(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::ProfileNotFound => (
                StatusCode::NOT_FOUND,
                "profile_not_found",
                "There is no such profile",
            ),
            Self::ProfileEmailTaken => (
                StatusCode::CONFLICT,
                "profile_email_taken",
                "The address is taken",
            ),
            Self::ExportNotFound => (
                StatusCode::NOT_FOUND,
                "export_not_found",
                "There is no such export",
            ),
            Self::ExportNotReady(_) => (
                StatusCode::CONFLICT,
                "export_not_ready",
                "The export is not complete",
            ),
            Self::DeletionNotRequested => (
                StatusCode::NOT_FOUND,
                "deletion_not_requested",
                "The account does not end",
            ),
            Self::DeletionNotCancellable => (
                StatusCode::CONFLICT,
                "deletion_not_cancellable",
                "It is too late",
            ),
            Self::AccountDeleted => (
                StatusCode::FORBIDDEN,
                "account_deleted",
                "The account is gone",
            ),
            Self::Webhook(error) => classify_webhook(error),
        }
    }
}

const fn classify_webhook(error: &WebhookError) -> (StatusCode, &'static str, &'static str) {
    match error {
        WebhookError::UnknownSource => (
            StatusCode::NOT_FOUND,
            "webhook_source_not_found",
            "There is no such sender",
        ),
        WebhookError::NotConfigured { .. } | WebhookError::NotCompiledIn { .. } => (
            StatusCode::SERVICE_UNAVAILABLE,
            "webhooks_not_configured",
            "Webhooks are not taken",
        ),
        WebhookError::BadSignature { .. } => (
            StatusCode::BAD_REQUEST,
            "bad_signature",
            "The webhook is not proven",
        ),
        WebhookError::Malformed { .. } => (
            StatusCode::BAD_REQUEST,
            "malformed_webhook",
            "The webhook cannot be read",
        ),
    }
}
