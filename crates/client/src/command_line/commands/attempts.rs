//! The command `gantry attempts JOB`.

use gantry_client::Client;
use gantry_domain::JobId;

use crate::command_line::arguments::{Format, FormatChoice};
use crate::command_line::exit_status::ExitStatus;
use crate::command_line::failure::Result;
use crate::command_line::output::{Output, job};

/// List the attempts at a job
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The job's id
    job: JobId,
    #[command(flatten)]
    output: FormatChoice,
}

pub(crate) async fn run(client: &Client, arguments: Arguments) -> Result<ExitStatus> {
    let attempts = client.attempts(arguments.job).await?;
    let mut output = Output::new();
    match arguments.output.format {
        Format::Text if attempts.is_empty() => output.notice("the job has not been started yet")?,
        Format::Text => output.line(&job::attempts(&attempts))?,
        Format::Json => attempts
            .iter()
            .try_for_each(|attempt| output.json_line(attempt))?,
    }
    Ok(ExitStatus::Succeeded)
}
