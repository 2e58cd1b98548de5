//! What can go wrong between a caller and the API, told to the person who has to act on it.

use std::error::Error;

use reqwest::StatusCode;
use url::Url;

use crate::problem::Problem;

/// The result of every fallible function of this crate.
pub type Result<T> = std::result::Result<T, ClientError>;

/// Why a call to the API gave no answer that could be used.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The configured address is no address of an API.
    #[error(
        "{url:?} cannot be the API's address ({reason}): expected for instance http://127.0.0.1:8080"
    )]
    InvalidBaseUrl {
        /// What was configured.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A credential holds characters that no HTTP header may carry. Its value is not shown.
    #[error(
        "the {what} contains characters that cannot be sent: expected visible ASCII on one line"
    )]
    InvalidCredential {
        /// Which credential.
        what: &'static str,
    },
    /// The HTTP client could not be set up on this system.
    #[error("could not prepare HTTPS on this system: {reason}")]
    Setup {
        /// What the system said.
        reason: String,
    },
    /// No complete answer came back.
    #[error("could not reach the API at {url}: {reason}")]
    Unreachable {
        /// What was asked for.
        url: Url,
        /// The innermost cause.
        reason: String,
    },
    /// The API answered that it will not, or cannot, do this.
    #[error(transparent)]
    Refused(Box<Problem>),
    /// Something answered that does not speak like Gantry's API.
    #[error("{url} answered {status} with something that is not from Gantry's API: {reason}")]
    UnexpectedAnswer {
        /// What was asked for.
        url: Url,
        /// The status that came back.
        status: StatusCode,
        /// What was expected.
        reason: String,
    },
    /// The log stream broke again and again without a line in between.
    #[error("the log stream broke {failures} times in a row, the last time because: {source}")]
    LogStreamLost {
        /// How often.
        failures: u32,
        /// The last reason.
        source: Box<ClientError>,
    },
    /// The log stream ended or fell silent before the job ended.
    #[error("the log stream of {url} was interrupted: {reason}")]
    LogStreamInterrupted {
        /// The stream's address.
        url: Url,
        /// What happened.
        reason: String,
    },
}

impl ClientError {
    pub(crate) fn unreachable(url: &Url, error: &reqwest::Error) -> Self {
        Self::Unreachable {
            url: url.clone(),
            reason: innermost_cause(error),
        }
    }

    pub(crate) fn setup(error: &reqwest::Error) -> Self {
        Self::Setup {
            reason: innermost_cause(error),
        }
    }

    /// Whether asking again later may be answered differently.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::LogStreamInterrupted { .. } => true,
            Self::Refused(problem) => matches!(problem.status, 408 | 425 | 429 | 500..),
            Self::UnexpectedAnswer { status, .. } => status.is_server_error(),
            Self::InvalidBaseUrl { .. }
            | Self::InvalidCredential { .. }
            | Self::Setup { .. }
            | Self::LogStreamLost { .. } => false,
        }
    }
}

/// HTTP libraries wrap the cause that helps ("connection refused") in several that do not.
fn innermost_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
