//! The command `gantry cancel JOB`, or `gantry cancel` with what the jobs are.

use gantry_client::Client;

use crate::command_line::arguments::Format;
use crate::command_line::exit_status::ExitStatus;
use crate::command_line::failure::Result;
use crate::command_line::matching::{Choice, Chosen, change_all, show};
use crate::command_line::output::{Output, job};

/// Ask for the end of a job, or of all jobs that match
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    choice: Choice,
}

pub(crate) async fn run(client: &Client, arguments: Arguments) -> Result<ExitStatus> {
    let format = arguments.choice.output.format;
    match arguments.choice.chosen()? {
        Chosen::One(id) => {
            let changed = client.cancel(id).await?;
            let mut output = Output::new();
            match format {
                Format::Text => output.line(&job::changed(&changed.summary))?,
                Format::Json => output.json(&changed)?,
            }
        }
        Chosen::Matching(order) => {
            let outcome =
                change_all(&order, async |order| client.cancel_matching(order).await).await?;
            show(outcome, &order, format, "cancelled or told to stop")?;
        }
    }
    Ok(ExitStatus::Succeeded)
}
