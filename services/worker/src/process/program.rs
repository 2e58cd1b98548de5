//! What to run, within which limits, and how to stop it.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use nix::sys::signal::Signal;
use serde::{Deserialize, Serialize};
use tokio::{sync::watch, time::Instant};

/// At most this many bytes are given to a program on stdin. They are held in memory until it ends.
pub const STDIN_LIMIT_BYTES: usize = 16 * 1024 * 1024;

/// A program to run.
#[derive(Debug, Clone)]
pub struct Program {
    /// The executable: absolute, or looked up in the `PATH` of `environment`.
    pub executable: PathBuf,
    /// Its arguments, without its own name.
    pub arguments: Vec<OsString>,
    /// The whole environment; nothing of the worker's own is passed on.
    pub environment: Vec<(OsString, OsString)>,
    /// The folder it starts in.
    pub working_folder: PathBuf,
    /// What it reads on stdin, at most [`STDIN_LIMIT_BYTES`]. It need not read it.
    pub stdin: Vec<u8>,
    /// What it may use.
    pub limits: ResourceLimits,
    /// How it is stopped.
    pub stop: StopLadder,
    /// Until when the worker may act for this job. The guardian kills the program when that moment passes, even when
    /// the worker itself is frozen. `None`: as long as the worker lives.
    pub lease: Option<watch::Receiver<Instant>>,
}

/// Limits of each single process of a run. A limit above the worker's own hard limit is lowered to it. Core dumps are
/// always off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceLimits {
    /// Address space (`RLIMIT_AS`); allocations beyond it fail.
    pub memory_limit_bytes: Option<u64>,
    /// The largest file it may write (`RLIMIT_FSIZE`).
    pub file_size_limit_bytes: Option<u64>,
    /// Open files (`RLIMIT_NOFILE`).
    pub open_files: u64,
    /// Processor time (`RLIMIT_CPU`); SIGKILL beyond it.
    pub cpu_limit_seconds: Option<u64>,
}

impl Default for ResourceLimits {
    fn default() -> Self {
        Self {
            memory_limit_bytes: None,
            file_size_limit_bytes: None,
            open_files: 1024,
            cpu_limit_seconds: None,
        }
    }
}

/// The steps by which a program is asked to stop, gentlest first. SIGKILL of everything always comes last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopLadder {
    /// What is tried before any signal.
    pub soft_stop: SoftStop,
    /// Signals to the program's process group, in order.
    pub steps: Vec<StopStep>,
}

/// A way to ask a program to stop without a signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SoftStop {
    /// The program knows none.
    None,
    /// Create this empty file, then give the program so long to notice.
    CreateFile {
        /// The file.
        path: PathBuf,
        /// How long to wait before the next step.
        grace: Duration,
    },
}

/// One signal and the time to act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StopStep {
    /// Sent to the program's process group.
    pub signal: Signal,
    /// How long to wait before the next step.
    pub grace: Duration,
}

impl StopLadder {
    /// SIGTERM, so much time, SIGKILL.
    pub fn terminate_then_kill(grace: Duration) -> Self {
        Self {
            soft_stop: SoftStop::None,
            steps: vec![StopStep {
                signal: Signal::SIGTERM,
                grace,
            }],
        }
    }

    /// Tries a file first: created at `path`, so much time to notice it, then the ladder as it was.
    pub fn after_creating(self, path: PathBuf, grace: Duration) -> Self {
        Self {
            soft_stop: SoftStop::CreateFile { path, grace },
            ..self
        }
    }
}
