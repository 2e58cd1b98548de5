//! What can go wrong with private servers, told to the person who has to act on it.

use std::path::PathBuf;
use std::process::ExitStatus;

/// The result of every fallible function of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a private server, a service or a whole stack could not be started or steered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program of the system is not installed.
    #[error("{program} was not found: install it ({hint})")]
    ProgramMissing {
        /// The program's name.
        program: String,
        /// What to install.
        hint: &'static str,
    },
    /// One of Gantry's own binaries has not been built.
    #[error("{binary} was not found beside {executable}: build it with `cargo build --workspace --bins`", executable = executable.display())]
    BinaryMissing {
        /// The binary's name.
        binary: &'static str,
        /// The executable beside which it was looked for.
        executable: PathBuf,
    },
    /// Another process uses the folder.
    #[error("{folder} is in use by process {pid}: stop that one first, or name another folder", folder = folder.display())]
    FolderInUse {
        /// The folder.
        folder: PathBuf,
        /// The process that holds it; zero when it has not said its number.
        pid: i32,
    },
    /// PostgreSQL refuses to run as root, and the account it runs as instead cannot reach the folder.
    #[error(
        "PostgreSQL does not run as root, so it runs as {account}, who may not enter {blocked}: \
         name a folder outside of it, for example /var/lib/gantry",
        blocked = blocked.display()
    )]
    FolderUnreachable {
        /// The account PostgreSQL runs as.
        account: String,
        /// The first folder on the way that the account may not enter.
        blocked: PathBuf,
    },
    /// PostgreSQL refuses to run as root and there is nobody else to run it as.
    #[error(
        "PostgreSQL does not run as root, and none of the accounts {candidates} exists to run it as"
    )]
    AccountMissing {
        /// The accounts looked for.
        candidates: String,
    },
    /// A database name that would need quoting.
    #[error("database name {name:?} must match [a-z_][a-z0-9_]* and have at most 63 characters")]
    DatabaseName {
        /// The name given.
        name: String,
    },
    /// A process ended before it was ready.
    #[error("{name} ended before it was ready ({status}); the end of {log}:\n{tail}", log = log.display())]
    EndedEarly {
        /// The process's name.
        name: String,
        /// How it ended.
        status: ExitStatus,
        /// Its log file.
        log: PathBuf,
        /// The end of the log.
        tail: String,
    },
    /// A process runs but did not become ready in time.
    #[error("{name} was not ready after {seconds} s ({last_seen}); the end of {log}:\n{tail}", log = log.display())]
    NotReady {
        /// The process's name.
        name: String,
        /// How long it was waited for.
        seconds: u64,
        /// What the last look at it showed.
        last_seen: String,
        /// Its log file.
        log: PathBuf,
        /// The end of the log.
        tail: String,
    },
    /// A process did not end in time.
    #[error("{name} (process {pid}) was still running after {seconds} s")]
    StillRunning {
        /// The process's name.
        name: String,
        /// Its number.
        pid: i32,
        /// How long it was waited for.
        seconds: u64,
    },
    /// A process is needed that has already ended.
    #[error("{name} is not running")]
    NotRunning {
        /// The process's name.
        name: String,
    },
    /// A command that should have succeeded did not.
    #[error("{command} failed ({status}):\n{output}")]
    CommandFailed {
        /// The command.
        command: String,
        /// How it ended.
        status: ExitStatus,
        /// What it said.
        output: String,
    },
    /// This system's packages cannot be installed from here.
    #[error("this system has no {lacking}; please install by hand: {packages}")]
    CannotInstall {
        /// What would have been needed to install them.
        lacking: &'static str,
        /// What to install.
        packages: String,
    },
    /// The operating system refused something.
    #[error("could not {action}: {source}")]
    Io {
        /// What was attempted.
        action: String,
        /// The operating system's answer.
        source: std::io::Error,
    },
}

impl Error {
    /// For `map_err`: names what was attempted when the operating system refused.
    pub(crate) fn while_trying<E: Into<std::io::Error>>(
        action: impl Into<String>,
    ) -> impl FnOnce(E) -> Self {
        let action = action.into();
        move |source| Self::Io {
            action,
            source: source.into(),
        }
    }
}
