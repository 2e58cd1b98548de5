//! The command `gantry me`.

use gantry_client::Client;

use crate::command_line::arguments::{Format, FormatChoice};
use crate::command_line::exit_status::ExitStatus;
use crate::command_line::failure::Result;
use crate::command_line::output::{Output, user};

/// Show who the API takes you for
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    output: FormatChoice,
}

pub(crate) async fn run(client: &Client, arguments: Arguments) -> Result<ExitStatus> {
    let current = client.current_user().await?;
    let mut output = Output::new();
    match arguments.output.format {
        Format::Text => output.line(&user::details(&current))?,
        Format::Json => output.json(&current)?,
    }
    Ok(ExitStatus::Succeeded)
}
