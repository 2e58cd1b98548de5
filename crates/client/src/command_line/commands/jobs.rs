//! The command `gantry jobs`.

use clap::builder::RangedU64ValueParser;
use gantry_client::{Client, JobFilter, Submitter};
use gantry_domain::{JobState, JobSummary, KindName, PAGE_LIMIT_ITEMS, QueueName};

use crate::command_line::arguments::{Format, FormatChoice};
use crate::command_line::exit_status::ExitStatus;
use crate::command_line::failure::Result;
use crate::command_line::output::{Output, job};

/// List jobs, the newest first
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only jobs in this state: scheduled, queued, running, succeeded, failed or cancelled; several are separated by
    /// commas
    #[arg(long = "state", value_name = "STATE", value_delimiter = ',')]
    states: Vec<JobState>,
    /// Only jobs of this kind
    #[arg(long)]
    kind: Option<KindName>,
    /// Only jobs in this queue
    #[arg(long)]
    queue: Option<QueueName>,
    /// Only jobs that carry this tag
    #[arg(long)]
    tag: Option<String>,
    /// Only jobs of this person: me, or a user's id
    #[arg(long, value_name = "USER")]
    created_by: Option<Submitter>,
    /// Only jobs whose last error carries this code, for instance deadline_exceeded
    #[arg(long, value_name = "CODE")]
    error_code: Option<String>,
    /// How many jobs to fetch at once, 200 at most
    #[arg(long, value_name = "COUNT", value_parser = RangedU64ValueParser::<u32>::new().range(1..=u64::from(PAGE_LIMIT_ITEMS)))]
    limit: Option<u32>,
    /// Go on where an earlier list ended
    #[arg(long)]
    cursor: Option<String>,
    /// Fetch page after page until all jobs are listed
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    output: FormatChoice,
}

pub(crate) async fn run(client: &Client, arguments: Arguments) -> Result<ExitStatus> {
    let mut output = Output::new();
    let mut filter = JobFilter {
        states: arguments.states,
        kind: arguments.kind,
        queue: arguments.queue,
        tag: arguments.tag,
        created_by: arguments.created_by,
        error_code: arguments.error_code,
        limit: arguments
            .limit
            .or(arguments.all.then_some(PAGE_LIMIT_ITEMS)),
        cursor: arguments.cursor,
    };
    let mut nothing_listed = true;
    loop {
        let page = client.jobs(&filter).await?;
        nothing_listed &= page.items.is_empty();
        print(&page.items, arguments.output.format, &mut output)?;
        match page.next_cursor {
            Some(cursor) if arguments.all => filter.cursor = Some(cursor),
            Some(cursor) => {
                output.notice(&format!(
                    "there are more: add --all, or --cursor {cursor} for the next ones"
                ))?;
                break;
            }
            None => break,
        }
    }
    if nothing_listed {
        output.notice("no jobs")?;
    }
    Ok(ExitStatus::Succeeded)
}

/// Page by page, so that a long list is never held in memory as a whole.
fn print(jobs: &[JobSummary], format: Format, output: &mut Output) -> Result<()> {
    match format {
        Format::Text if jobs.is_empty() => Ok(()),
        Format::Text => output.line(&job::list(jobs)),
        Format::Json => jobs.iter().try_for_each(|job| output.json_line(job)),
    }
}
