//! Why a command could not do what it was asked for.

use std::io;
use std::path::PathBuf;

use gantry_client::ClientError;
use gantry_domain::JobId;

/// The result of every command.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// Why a command could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The command line asks for something that makes no sense.
    #[error("{0}")]
    Usage(String),
    /// The API, or the way to it.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The servers on this machine.
    #[error(transparent)]
    Devkit(#[from] gantry_devkit::Error),
    /// A payload file.
    #[error("could not read {source_name}: {source}")]
    Payload {
        /// The file, or standard input.
        source_name: String,
        /// The system's answer.
        source: io::Error,
    },
    /// The terminal, or what stands in its place, or the process's own beginnings.
    #[error("the system refused: {0}")]
    System(#[from] io::Error),
    /// A value that cannot be written as JSON.
    #[error("could not write the output as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A process of the stack ended by itself.
    #[error("{name} ended unexpectedly ({status}); the end of {log}:\n{tail}", log = log.display())]
    ProcessEnded {
        /// The process.
        name: String,
        /// How it ended.
        status: std::process::ExitStatus,
        /// Its log.
        log: PathBuf,
        /// The end of the log, because a temporary folder goes with its stack.
        tail: String,
    },
    /// The demo's job succeeded without a result that can be read.
    #[error("the result of job {job} is not that of a relaxation: {reason}")]
    ResultNotUnderstood {
        /// The job.
        job: JobId,
        /// What is wrong with it.
        reason: String,
    },
}

impl Failure {
    /// Whether it only means that whoever read the output has gone, as with `| head`.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::System(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}
