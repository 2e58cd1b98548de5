//! Why a development command failed, and the exit status that says so.

use std::process::{ExitCode, ExitStatus};

use crate::USAGE;

/// The result of every development command.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// Why a development command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No command, or one that does not exist.
    #[error("{USAGE}")]
    Usage,
    /// A program could not be started.
    #[error("could not start a program: {0}")]
    Start(#[source] std::io::Error),
    /// Cargo has said why.
    #[error("cargo {arguments} failed ({status})")]
    Cargo {
        /// What it was asked to do.
        arguments: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// The private servers or the system's packages.
    #[error(transparent)]
    Devkit(#[from] gantry_devkit::Error),
}

impl Error {
    /// Cargo's own status, so that a script sees the same as with cargo alone.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage => ExitCode::from(2),
            Self::Cargo { status, .. } => status
                .code()
                .and_then(|code| u8::try_from(code).ok())
                .map_or(ExitCode::FAILURE, ExitCode::from),
            Self::Start(_) | Self::Devkit(_) => ExitCode::FAILURE,
        }
    }
}
