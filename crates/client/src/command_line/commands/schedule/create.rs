//! The command `gantry schedule create NAME CRON KIND PAYLOAD`.

use gantry_client::{Client, NewSchedule, Submission};
use gantry_domain::{Cron, KindName, MissedPolicy, Priority, QueueName, ScheduleName, TimeZone};

use crate::command_line::arguments::{Format, FormatChoice};
use crate::command_line::commands::submit::payload;
use crate::command_line::failure::Result;
use crate::command_line::output::{Output, schedule};

/// Create a schedule, which submits a job whenever it is due
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// What it is called, for instance nightly-report
    name: ScheduleName,
    /// When it is due: minute, hour, day of month, month and day of week, for instance "30 2 * * MON-FRI"
    cron: Cron,
    /// What is to be done, for instance qe.relax.v1 (see `gantry kinds`)
    kind: KindName,
    /// The payload: JSON, @FILE for a file with JSON, or - for standard input, as `gantry submit` takes it
    payload: String,
    /// Whose clocks the times are read on, for instance Europe/Berlin [default: UTC]
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<TimeZone>,
    /// What becomes of ticks that passed while no worker could submit their jobs: skip passes over them, run_once makes
    /// up for them by one job [default: skip]
    #[arg(long, value_name = "POLICY")]
    missed: Option<MissedPolicy>,
    /// Where the jobs wait [default: as the kind has it]
    #[arg(long)]
    queue: Option<QueueName>,
    /// How urgent they are: high, normal or low
    #[arg(long)]
    priority: Option<Priority>,
    /// How many attempts each gets in all [default: as the kind has it]
    #[arg(long, value_name = "COUNT")]
    max_attempts: Option<u32>,
    /// How long one attempt may take, in seconds [default: as the kind has it]
    #[arg(long, value_name = "SECONDS")]
    timeout_seconds: Option<u32>,
    /// A word for finding the jobs again; may be given several times
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    #[command(flatten)]
    output: FormatChoice,
}

pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<()> {
    let format = arguments.output.format;
    let created = client.create_schedule(&new_schedule(arguments)?).await?;
    let mut output = Output::new();
    match format {
        Format::Text => {
            output.line(&created.summary.id.to_string())?;
            output.notice(&schedule::changed(&created.summary))
        }
        Format::Json => output.json(&created),
    }
}

fn new_schedule(arguments: Arguments) -> Result<NewSchedule> {
    let payload = payload::read(&arguments.kind, &arguments.payload)?;
    Ok(NewSchedule {
        name: arguments.name,
        cron: arguments.cron,
        time_zone: arguments.time_zone,
        missed: arguments.missed,
        job: Submission {
            queue: arguments.queue,
            priority: arguments.priority,
            max_attempts: arguments.max_attempts,
            timeout_seconds: arguments.timeout_seconds,
            tags: arguments.tags,
            ..Submission::new(arguments.kind, payload)
        },
    })
}
