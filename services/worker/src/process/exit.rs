//! How a program's run ended, and why it was stopped if it was.

use std::{fmt, time::Duration};

use nix::sys::signal::Signal;

/// The end of a program's run. When it is known, no process of the run is left.
#[derive(Debug, Clone, PartialEq)]
pub struct ProgramExit {
    /// How it ended.
    pub outcome: ProgramOutcome,
    /// Why it was asked to stop; `None` when it ended by itself.
    pub stop_reason: Option<StopReason>,
    /// The largest resident memory of any one process of the run, in bytes. Never below the few megabytes that the
    /// launcher uses. `None` when nothing ran or the guardian was lost.
    pub maximum_resident_bytes: Option<u64>,
    /// Processor time of all processes of the run, user and system, in seconds.
    pub cpu_seconds: Option<f64>,
    /// From the start of the guardian to the end of the last process.
    pub wall_time: Duration,
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProgramOutcome {
    /// It returned this exit code.
    Exited(i32),
    /// This signal ended it.
    Signalled(i32),
    /// It never ran; the text says why and what the system answered.
    StartFailed(String),
    /// The guardian itself was killed, and the program with it. A fault of the machine, not of the program.
    GuardianLost,
}

impl fmt::Display for ProgramOutcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(formatter, "ended with exit code {code}"),
            Self::Signalled(number) => match Signal::try_from(*number) {
                Ok(signal) => write!(formatter, "was ended by {signal} ({number})"),
                Err(_) => write!(formatter, "was ended by signal {number}"),
            },
            Self::StartFailed(reason) => write!(formatter, "could not be started: {reason}"),
            Self::GuardianLost => formatter.write_str("lost its guardian and was killed"),
        }
    }
}

/// Why a running program is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// Its job was cancelled.
    Cancelled,
    /// Its job's deadline has passed.
    DeadlinePassed,
    /// The worker is shutting down.
    WorkerStopping,
    /// The worker may no longer act for this job: killed at once, without the ladder.
    LeaseLost,
    /// Nobody waits for it any more: killed at once, without the ladder.
    Abandoned,
}

impl StopReason {
    /// Whether there is no time for the ladder.
    pub(super) fn is_immediate(self) -> bool {
        matches!(self, Self::LeaseLost | Self::Abandoned)
    }
}
