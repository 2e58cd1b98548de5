//! The command `gantry pause queue|tenant|user NAME`.

use gantry_client::{Client, PauseOrder};
use gantry_domain::RunningJobs;

use crate::command_line::arguments::{Format, FormatChoice};
use crate::command_line::exit_status::ExitStatus;
use crate::command_line::failure::Result;
use crate::command_line::output::{Output, pause};
use crate::command_line::paused_subject::PausedSubject;

/// Hold back the waiting jobs of a queue, tenant or person; for operators
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    subject: PausedSubject,
    /// Why, for those whose jobs wait
    #[arg(long, value_name = "TEXT", global = true)]
    reason: Option<String>,
    /// Tell running jobs to end in place of letting them go on
    #[arg(long, global = true)]
    cancel_running: bool,
    #[command(flatten)]
    output: FormatChoice,
}

pub(crate) async fn run(client: &Client, arguments: Arguments) -> Result<ExitStatus> {
    let order = PauseOrder {
        reason: arguments.reason,
        running: if arguments.cancel_running {
            RunningJobs::Cancel
        } else {
            RunningJobs::Continue
        },
    };
    let outcome = client.pause(&arguments.subject.into(), &order).await?;
    let mut output = Output::new();
    match arguments.output.format {
        Format::Text => output.line(&pause::paused(&outcome))?,
        Format::Json => output.json(&outcome)?,
    }
    Ok(ExitStatus::Succeeded)
}
