//! The command `gantry dev`.

use std::path::PathBuf;

use clap::builder::RangedU64ValueParser;
use gantry_devkit::{Folder, Stack};

use crate::command_line::exit_status::ExitStatus;
use crate::command_line::failure::Result;
use crate::command_line::interrupt::Interrupt;
use crate::command_line::output::{Output, stack};
use crate::command_line::stack_session::{SessionEnd, StackSession, require_free};

/// Run the whole stack on this machine for daily use, keeping its data
///
/// Starts a private PostgreSQL and Redis, brings the schema up to date and starts the API and workers in development
/// mode, all on 127.0.0.1. Everything ends with this command, however it ends.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Where to keep data and logs [default: .gantry here, or /var/lib/gantry where PostgreSQL cannot reach that]
    #[arg(long)]
    folder: Option<PathBuf>,
    /// How many workers to start
    #[arg(long, value_name = "COUNT", default_value = "1", value_parser = RangedU64ValueParser::<usize>::new().range(1..=64))]
    workers: usize,
    /// The API's port; 0 for any free one
    #[arg(long, default_value = "8080")]
    port: u16,
}

pub(crate) async fn run(arguments: Arguments) -> Result<ExitStatus> {
    require_free(arguments.port)?;
    let folder = arguments.folder.map_or_else(Folder::daily_use, Ok)?;
    let mut builder = Stack::builder().folder(&folder).workers(arguments.workers);
    if arguments.port != 0 {
        builder = builder.http_port(arguments.port);
    }

    let mut output = Output::new();
    let mut interrupt = Interrupt::new()?;
    output.notice(&stack::starting(&folder))?;
    let Some(mut session) = StackSession::start(builder, &mut interrupt).await? else {
        return Ok(ExitStatus::Interrupted);
    };
    output.line(&stack::ready(&session.api_url(), &session.folder()))?;
    match session.ended(&mut interrupt).await? {
        SessionEnd::Asked => {
            output.notice(stack::STOPPING)?;
            session.stop().await?;
            Ok(ExitStatus::Succeeded)
        }
        SessionEnd::ProcessEnded(failure) => Err(failure),
    }
}
