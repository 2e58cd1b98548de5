//! The command `gantry kinds`.

use gantry_client::Client;

use crate::command_line::arguments::{Format, FormatChoice};
use crate::command_line::exit_status::ExitStatus;
use crate::command_line::failure::Result;
use crate::command_line::output::{Output, kind};

/// List the kinds of jobs that workers have announced
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    output: FormatChoice,
}

pub(crate) async fn run(client: &Client, arguments: Arguments) -> Result<ExitStatus> {
    let kinds = client.kinds().await?;
    let mut output = Output::new();
    match arguments.output.format {
        Format::Text if kinds.is_empty() => output.notice("no worker has announced a kind yet")?,
        Format::Text => output.line(&kind::list(&kinds))?,
        Format::Json => kinds.iter().try_for_each(|kind| output.json_line(kind))?,
    }
    Ok(ExitStatus::Succeeded)
}
