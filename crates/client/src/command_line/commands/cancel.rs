//! The command `gantry cancel JOB`.

use gantry_client::Client;
use gantry_domain::JobId;

use crate::command_line::arguments::{Format, FormatChoice};
use crate::command_line::exit_status::ExitStatus;
use crate::command_line::failure::Result;
use crate::command_line::output::{Output, job};

/// Ask for the end of a job
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The job's id
    job: JobId,
    #[command(flatten)]
    output: FormatChoice,
}

pub(crate) async fn run(client: &Client, arguments: Arguments) -> Result<ExitStatus> {
    let changed = client.cancel(arguments.job).await?;
    let mut output = Output::new();
    match arguments.output.format {
        Format::Text => output.line(&job::changed(&changed.summary))?,
        Format::Json => output.json(&changed)?,
    }
    Ok(ExitStatus::Succeeded)
}
