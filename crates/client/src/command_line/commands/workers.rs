//! The command `gantry workers`.

use gantry_client::Client;

use crate::command_line::arguments::{Format, FormatChoice};
use crate::command_line::exit_status::ExitStatus;
use crate::command_line::failure::Result;
use crate::command_line::output::{Output, worker};

/// List the worker processes
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    output: FormatChoice,
}

pub(crate) async fn run(client: &Client, arguments: Arguments) -> Result<ExitStatus> {
    let workers = client.workers().await?;
    let mut output = Output::new();
    match arguments.output.format {
        Format::Text if workers.is_empty() => output.notice("no worker has been started yet")?,
        Format::Text => output.line(&worker::list(&workers))?,
        Format::Json => workers
            .iter()
            .try_for_each(|worker| output.json_line(worker))?,
    }
    Ok(ExitStatus::Succeeded)
}
