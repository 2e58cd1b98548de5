//! The command `gantry queues`.

use gantry_client::Client;

use crate::command_line::arguments::{Format, FormatChoice};
use crate::command_line::exit_status::ExitStatus;
use crate::command_line::failure::Result;
use crate::command_line::output::{Output, queue};

/// List the queues with what waits and runs in each
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    output: FormatChoice,
}

pub(crate) async fn run(client: &Client, arguments: Arguments) -> Result<ExitStatus> {
    let queues = client.queues().await?;
    let mut output = Output::new();
    match arguments.output.format {
        Format::Text if queues.is_empty() => output.notice("no queue is known yet")?,
        Format::Text => output.line(&queue::list(&queues, chrono::Utc::now()))?,
        Format::Json => queues
            .iter()
            .try_for_each(|queue| output.json_line(queue))?,
    }
    Ok(ExitStatus::Succeeded)
}
