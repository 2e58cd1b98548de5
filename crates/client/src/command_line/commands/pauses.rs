//! The command `gantry pauses`.

use gantry_client::Client;

use crate::command_line::arguments::{Format, FormatChoice};
use crate::command_line::exit_status::ExitStatus;
use crate::command_line::failure::Result;
use crate::command_line::output::{Output, pause};

/// List what is paused; for operators
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    output: FormatChoice,
}

pub(crate) async fn run(client: &Client, arguments: Arguments) -> Result<ExitStatus> {
    let pauses = client.pauses().await?;
    let mut output = Output::new();
    match arguments.output.format {
        Format::Text if pauses.is_empty() => output.notice("nothing is paused")?,
        Format::Text => output.line(&pause::list(&pauses))?,
        Format::Json => pauses
            .iter()
            .try_for_each(|pause| output.json_line(pause))?,
    }
    Ok(ExitStatus::Succeeded)
}
