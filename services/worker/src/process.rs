//! Runs an external program so that nothing of it outlives its run, its worker or its guardian.

mod descendants;
mod error;
mod exit;
mod guardian;
mod guardian_process;
mod launcher;
mod output;
mod program;
mod program_search;
mod protocol;
mod running;
mod scratch;

pub use error::ProcessError;
pub use exit::{ProgramExit, ProgramOutcome, StopReason};
pub use guardian::{Guardian, take_over_when_supervising};
pub use output::{LineSplitter, OutputLine, OutputStream};
pub use program::{Program, ResourceLimits, STDIN_LIMIT_BYTES, SoftStop, StopLadder, StopStep};
pub use program_search::{ProgramNotFound, find_program};
pub use running::{OUTPUT_CHANNEL_LINES, RunningProgram, StopHandle};
pub use scratch::{ScratchFileError, ScratchFolder, ScratchRoot};
