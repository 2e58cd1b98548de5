//! The command line: its words, its commands, what they show and how they end.

mod arguments;
mod commands;
mod connection;
mod exit_status;
mod failure;
mod following;
mod interrupt;
mod matching;
mod output;
mod paused_subject;
mod stack_session;

use std::process::ExitCode;

use clap::Parser;

use self::arguments::CommandLine;
use self::exit_status::ExitStatus;
use self::failure::Result;

/// Does what the process's arguments say.
pub(crate) fn run() -> ExitCode {
    let outcome = execute(CommandLine::parse());
    outcome
        .unwrap_or_else(|failure| output::report_failure(&failure))
        .into()
}

fn execute(command_line: CommandLine) -> Result<ExitStatus> {
    let runtime = tokio::runtime::Runtime::new()?;
    let outcome = runtime.block_on(commands::run(command_line));
    // Servers that are still starting are ended by their guardian; nobody should have to wait for them here.
    runtime.shutdown_background();
    outcome
}
