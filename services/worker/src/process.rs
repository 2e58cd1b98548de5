//! Runs an external program so that nothing of it outlives its run, its worker or its guardian.
//!
//! Three processes stand between a job and its program, all of them the same executable:
//!
//! ```text
//! worker ──socket──▶ guardian ──socket──▶ launcher ──exec──▶ program
//!    ▲                  │ adopts every orphan, kills and reaps whatever is left
//!    └── stdout, stderr of the program, read line by line ◀──┘
//! ```
//!
//! - The **guardian** notices the worker's death (even by SIGKILL) as the end of its socket, and a worker that is
//!   frozen as a lease that is not renewed. It is the subreaper of everything the program starts, so that a process
//!   that leaves the group or the session is still found and killed.
//! - The **launcher** puts limits on itself and asks the kernel to be killed when the guardian dies, then becomes
//!   the program.
//!
//! The program's end is the end of the run: whatever it left running is killed before the exit is reported.

mod descendants;
mod error;
mod exit;
mod guardian;
mod guardian_process;
mod launcher;
mod output;
mod program;
mod protocol;
mod running;
mod scratch;

pub use error::ProcessError;
pub use exit::{ProgramExit, ProgramOutcome, StopReason};
pub use guardian::{Guardian, take_over_when_supervising};
pub use output::{LineSplitter, OutputLine, OutputStream};
pub use program::{Program, ResourceLimits, STDIN_LIMIT_BYTES, SoftStop, StopLadder, StopStep};
pub use running::{OUTPUT_CHANNEL_LINES, RunningProgram, StopHandle};
pub use scratch::{ScratchFolder, ScratchRoot};
