//! The command `gantry logs JOB`.

use gantry_client::{Client, FollowOptions, LogQuery};
use gantry_domain::{JobId, LOG_TAIL_LIMIT_LINES, LogLine, PAGE_LIMIT_ITEMS};

use crate::command_line::arguments::{Format, FormatChoice};
use crate::command_line::exit_status::{EXIT_STATUS_HELP, ExitStatus};
use crate::command_line::failure::{Failure, Result};
use crate::command_line::following::follow;
use crate::command_line::output::{Output, log};

/// Show or follow a job's log, and exit with the job's status
#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_STATUS_HELP)]
pub(crate) struct Arguments {
    /// The job's id
    job: JobId,
    /// Go on until the job ends
    #[arg(short, long)]
    follow: bool,
    /// Only this many lines of what is stored, counted from the end; 1000 at most
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(..=i64::from(LOG_TAIL_LIMIT_LINES)))]
    tail: Option<u32>,
    /// Only the log of this attempt, from 1
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    attempt: Option<u32>,
    /// Only the log of the attempt before the latest one
    #[arg(long, conflicts_with = "attempt")]
    previous: bool,
    #[command(flatten)]
    output: FormatChoice,
}

pub(crate) async fn run(client: &Client, arguments: Arguments) -> Result<ExitStatus> {
    let mut output = Output::new();
    let format = arguments.output.format;
    let attempt = if arguments.previous {
        Some(previous_attempt(client, arguments.job).await?)
    } else {
        arguments.attempt
    };
    if arguments.follow {
        let options = FollowOptions {
            tail: arguments.tail,
            attempt,
            ..FollowOptions::default()
        };
        return follow(client, arguments.job, options, format, &mut output).await;
    }
    let query = LogQuery {
        attempt,
        tail: arguments.tail,
        limit: arguments.tail.is_none().then_some(PAGE_LIMIT_ITEMS),
        cursor: None,
    };
    print_stored(client, arguments.job, query, format, &mut output).await?;
    let job = client.job(arguments.job).await?;
    Ok(ExitStatus::of_job(job.summary.state))
}

async fn previous_attempt(client: &Client, id: JobId) -> Result<u32> {
    let latest = client.job(id).await?.summary.attempt;
    match latest.checked_sub(1) {
        Some(previous) if previous > 0 => Ok(previous),
        _ => Err(Failure::Usage(format!(
            "job {id} has no previous attempt: it is at attempt {latest}"
        ))),
    }
}

async fn print_stored(
    client: &Client,
    id: JobId,
    mut query: LogQuery,
    format: Format,
    output: &mut Output,
) -> Result<()> {
    let mut attempt = 0;
    loop {
        let page = client.logs(id, &query).await?;
        for line in &page.items {
            if line.attempt > attempt {
                attempt = line.attempt;
                output.notice(&log::attempt_boundary(attempt))?;
            }
            print_line(line, format, output)?;
        }
        match page.next_cursor {
            Some(cursor) => {
                query.cursor = Some(cursor);
                query.tail = None;
            }
            None => break,
        }
    }
    if attempt == 0 {
        output.notice("no lines")?;
    }
    Ok(())
}

fn print_line(line: &LogLine, format: Format, output: &mut Output) -> Result<()> {
    match format {
        Format::Text => output.line(&log::line(line)),
        Format::Json => output.json_line(line),
    }
}
