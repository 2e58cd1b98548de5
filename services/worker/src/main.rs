//! Entry point.

use std::process::ExitCode;

fn main() -> ExitCode {
    // First of all: this executable is also the guardian and the launcher of the programs that a worker runs.
    if let Some(exit_code) = gantry_worker::process::take_over_when_supervising() {
        return exit_code;
    }
    ExitCode::SUCCESS
}
