//! The command `gantry retry JOB`, or `gantry retry` with what the jobs are.

use gantry_client::Client;

use crate::command_line::arguments::Format;
use crate::command_line::exit_status::ExitStatus;
use crate::command_line::failure::Result;
use crate::command_line::matching::{Choice, Chosen, change_all, show};
use crate::command_line::output::{Output, job};

/// Put a failed or cancelled job, or all that match, back into the queue
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    choice: Choice,
}

pub(crate) async fn run(client: &Client, arguments: Arguments) -> Result<ExitStatus> {
    let format = arguments.choice.output.format;
    match arguments.choice.chosen()? {
        Chosen::One(id) => {
            let changed = client.retry(id).await?;
            let mut output = Output::new();
            match format {
                Format::Text => output.line(&job::changed(&changed.summary))?,
                Format::Json => output.json(&changed)?,
            }
        }
        Chosen::Matching(order) => {
            let outcome =
                change_all(&order, async |order| client.retry_matching(order).await).await?;
            show(outcome, &order, format, "queued again")?;
        }
    }
    Ok(ExitStatus::Succeeded)
}
