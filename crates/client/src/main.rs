//! `gantry`: the job service on the command line.

mod command_line;

use std::process::ExitCode;

fn main() -> ExitCode {
    // Fails only when another part of the program was first, and then it was the same choice.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    command_line::run()
}
