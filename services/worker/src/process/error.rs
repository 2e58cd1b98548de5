//! What can go wrong on the worker's side of running a program.

use std::{io, path::PathBuf};

/// A program's run could not be set up. Says nothing about the program itself: one that cannot be started ends with
/// [`ProgramOutcome::StartFailed`](super::ProgramOutcome::StartFailed).
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The guardian process could not be started or did not accept the program.
    #[error("cannot start the guardian of a program from {}: {source}", executable.display())]
    GuardianUnavailable {
        /// The executable that was to become the guardian.
        executable: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// More bytes for the program's stdin than [`STDIN_LIMIT_BYTES`](super::STDIN_LIMIT_BYTES).
    #[error("the program's stdin is {size_bytes} bytes; at most {limit_bytes} are allowed")]
    StdinTooLarge {
        /// What was given.
        size_bytes: usize,
        /// What is allowed.
        limit_bytes: usize,
    },
    /// The folder that holds all scratch folders cannot be used.
    #[error("the scratch root {} cannot be used: {reason}", path.display())]
    ScratchRootUnusable {
        /// The configured folder.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A scratch folder could not be created.
    #[error("cannot create the scratch folder {}: {source}", path.display())]
    ScratchFolder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}
