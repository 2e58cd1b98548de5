//! The command `gantry resume queue|tenant|user NAME`.

use gantry_client::Client;

use crate::command_line::arguments::{Format, FormatChoice};
use crate::command_line::exit_status::ExitStatus;
use crate::command_line::failure::Result;
use crate::command_line::output::{Output, pause};
use crate::command_line::paused_subject::PausedSubject;

/// Let the waiting jobs of a paused queue, tenant or person go on; for operators
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    subject: PausedSubject,
    #[command(flatten)]
    output: FormatChoice,
}

pub(crate) async fn run(client: &Client, arguments: Arguments) -> Result<ExitStatus> {
    let outcome = client.resume(&arguments.subject.into()).await?;
    let mut output = Output::new();
    match arguments.output.format {
        Format::Text => output.line(&pause::resumed(&outcome))?,
        Format::Json => output.json(&outcome)?,
    }
    Ok(ExitStatus::Succeeded)
}
