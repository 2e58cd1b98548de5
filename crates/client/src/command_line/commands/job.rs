//! The command `gantry job JOB`.

use gantry_client::Client;
use gantry_domain::JobId;

use crate::command_line::arguments::{Format, FormatChoice};
use crate::command_line::exit_status::ExitStatus;
use crate::command_line::failure::Result;
use crate::command_line::output::{Output, job};

/// Show a job with its payload, progress, result and error
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The job's id
    job: JobId,
    #[command(flatten)]
    output: FormatChoice,
}

pub(crate) async fn run(client: &Client, arguments: Arguments) -> Result<ExitStatus> {
    let shown = client.job(arguments.job).await?;
    let mut output = Output::new();
    match arguments.output.format {
        Format::Text => output.line(&job::details(&shown))?,
        Format::Json => output.json(&shown)?,
    }
    Ok(ExitStatus::Succeeded)
}
