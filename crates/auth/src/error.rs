//! What can go wrong: at the start (a setting) and at sign-in (a credential).

use crate::config::AuthMode;

/// Why a request's credentials were not accepted.
///
/// `reason` is for the log and fixed text, so it can never carry a part of a token; [`AuthError::public_message`] is what
/// the caller may read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// No credential, or one that proves nothing: 401.
    #[error("unauthenticated: {reason}")]
    Unauthenticated {
        /// For the log: which check refused.
        reason: &'static str,
        /// For the caller: what to do.
        message: &'static str,
    },
    /// A proven identity that may not come in, or not into this tenant: 403.
    #[error("forbidden: {reason}")]
    Forbidden {
        /// For the log: which check refused.
        reason: &'static str,
        /// For the caller: what to do.
        message: &'static str,
    },
    /// A header that cannot be read as what it should be: 400.
    #[error("bad header {header}: it must be {requirement}")]
    BadHeader {
        /// The header's name.
        header: &'static str,
        /// What it should have been.
        requirement: &'static str,
    },
    /// The identity provider cannot be reached and nothing usable is remembered: 503.
    #[error("the identity provider is unavailable: {reason}")]
    ProviderUnavailable {
        /// For the log: what could not be reached.
        reason: &'static str,
        /// When trying again may help, for `Retry-After`.
        retry_after_seconds: u64,
    },
}

impl AuthError {
    /// A credential that proves nothing; the caller learns no more than that.
    pub(crate) fn invalid(reason: &'static str) -> Self {
        Self::Unauthenticated {
            reason,
            message: "The credential is not valid. Sign in again.",
        }
    }

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated { .. } => "unauthenticated",
            Self::Forbidden { .. } => "forbidden",
            Self::BadHeader { .. } => "bad_header",
            Self::ProviderUnavailable { .. } => "identity_provider_unavailable",
        }
    }

    /// What the caller may read: what happened and what to do, nothing of the credential.
    pub fn public_message(&self) -> String {
        match self {
            Self::Unauthenticated { message, .. } | Self::Forbidden { message, .. } => {
                (*message).to_owned()
            }
            Self::BadHeader {
                header,
                requirement,
            } => {
                format!("The header {header} must be {requirement}.")
            }
            Self::ProviderUnavailable { .. } => {
                "The identity provider does not answer at the moment. Try again shortly.".to_owned()
            }
        }
    }
}

/// A setting that stops the start; one line that names it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The mode needs a setting that is absent.
    #[error("{setting} is required when {condition}")]
    Required {
        /// The missing setting.
        setting: &'static str,
        /// What makes it required.
        condition: &'static str,
    },
    /// A setting that cannot be used as it is.
    #[error("{setting} {fault}")]
    Invalid {
        /// The setting.
        setting: &'static str,
        /// What is wrong with it and what it should be.
        fault: String,
    },
    /// Two settings that cannot both hold.
    #[error("{setting} cannot be combined with {other}: {why}")]
    Contradiction {
        /// The setting to change.
        setting: &'static str,
        /// The setting it contradicts.
        other: &'static str,
        /// Why they exclude each other.
        why: &'static str,
    },
    /// The provider was left out when this binary was built.
    #[error(
        "AUTH_MODE={mode} needs the cargo feature {feature}, which is not compiled into this binary"
    )]
    NotCompiledIn {
        /// The mode asked for.
        mode: AuthMode,
        /// The feature that brings it.
        feature: &'static str,
    },
    /// The HTTP client that fetches keys could not be made.
    #[error("the HTTP client for the identity provider cannot be made: {0}")]
    HttpClient(String),
}
