//! The command `gantry schedule`: one module per verb that does more than name a schedule.

mod create;

use clap::Subcommand;
use gantry_client::Client;
use gantry_domain::{Job, Schedule, ScheduleId};

use crate::command_line::arguments::{Format, FormatChoice};
use crate::command_line::exit_status::ExitStatus;
use crate::command_line::failure::Result;
use crate::command_line::output::{Output, schedule};

/// Create, show, pause, resume, run or delete a schedule
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

/// What to do with a schedule.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Create a schedule, which submits a job whenever it is due
    Create(Box<create::Arguments>),
    /// Show a schedule with its payload and its next ticks
    Show(One),
    /// Pause a schedule; nothing piles up meanwhile
    Pause(One),
    /// Resume a paused schedule, from its next tick on
    Resume(One),
    /// Submit a job of the schedule now, paused or not
    Run(One),
    /// Delete a schedule; the jobs it submitted stay
    Delete(Named),
}

/// A schedule, and how to write the result.
#[derive(Debug, clap::Args)]
struct One {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    output: FormatChoice,
}

/// A schedule.
#[derive(Debug, clap::Args)]
struct Named {
    /// The schedule's id (see `gantry schedules`)
    schedule: ScheduleId,
}

pub(crate) async fn run(client: &Client, arguments: Arguments) -> Result<ExitStatus> {
    match arguments.verb {
        Verb::Create(arguments) => create::run(client, *arguments).await?,
        Verb::Show(one) => show(client, one).await?,
        Verb::Pause(one) => {
            let changed = client.pause_schedule(one.named.schedule).await?;
            tell(&changed, one.output.format)?;
        }
        Verb::Resume(one) => {
            let changed = client.resume_schedule(one.named.schedule).await?;
            tell(&changed, one.output.format)?;
        }
        Verb::Run(one) => {
            let job = client.run_schedule(one.named.schedule).await?;
            tell_job(&job, one.output.format)?;
        }
        Verb::Delete(named) => {
            client.delete_schedule(named.schedule).await?;
            Output::new().line(&format!("schedule {} is deleted", named.schedule))?;
        }
    }
    Ok(ExitStatus::Succeeded)
}

async fn show(client: &Client, one: One) -> Result<()> {
    let shown = client.schedule(one.named.schedule).await?;
    let mut output = Output::new();
    match one.output.format {
        Format::Text => output.line(&schedule::details(&shown)),
        Format::Json => output.json(&shown),
    }
}

/// One line on what came of a change.
fn tell(changed: &Schedule, format: Format) -> Result<()> {
    let mut output = Output::new();
    match format {
        Format::Text => output.line(&schedule::changed(&changed.summary)),
        Format::Json => output.json(changed),
    }
}

/// The job's id alone on standard output, as `gantry submit` writes it.
fn tell_job(job: &Job, format: Format) -> Result<()> {
    let mut output = Output::new();
    let id = job.summary.id;
    match format {
        Format::Text => {
            output.line(&id.to_string())?;
            output.notice(&format!(
                "{}; follow it: gantry logs -f {id}",
                job.summary.state
            ))
        }
        Format::Json => output.json(job),
    }
}
