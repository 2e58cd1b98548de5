//! The command `gantry why JOB`.

use gantry_client::Client;
use gantry_domain::JobId;

use crate::command_line::arguments::{Format, FormatChoice};
use crate::command_line::exit_status::ExitStatus;
use crate::command_line::failure::Result;
use crate::command_line::output::{Output, text};

/// Explain what a job is waiting for, or what became of it
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The job's id
    job: JobId,
    #[command(flatten)]
    output: FormatChoice,
}

pub(crate) async fn run(client: &Client, arguments: Arguments) -> Result<ExitStatus> {
    let why = client.why(arguments.job).await?;
    let mut output = Output::new();
    match arguments.output.format {
        Format::Text => {
            output.line(&text::printable(&why.first.sentence))?;
            for explanation in &why.also {
                let sentence = text::printable(&explanation.sentence);
                output.line(&format!("Besides: {sentence}"))?;
            }
        }
        Format::Json => output.json(&why)?,
    }
    Ok(ExitStatus::Succeeded)
}
