//! The command `gantry batch BATCH`.

use gantry_client::Client;
use gantry_domain::BatchId;

use crate::command_line::arguments::{Format, FormatChoice};
use crate::command_line::exit_status::ExitStatus;
use crate::command_line::failure::Result;
use crate::command_line::output::{Output, batch};

/// Show how far a batch is that was handed in with a callback
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The batch's id
    batch: BatchId,
    #[command(flatten)]
    output: FormatChoice,
}

pub(crate) async fn run(client: &Client, arguments: Arguments) -> Result<ExitStatus> {
    let shown = client.batch(arguments.batch).await?;
    let mut output = Output::new();
    match arguments.output.format {
        Format::Text => output.line(&batch::details(&shown))?,
        Format::Json => output.json(&shown)?,
    }
    Ok(ExitStatus::Succeeded)
}
