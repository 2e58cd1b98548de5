//! The command `gantry submit KIND PAYLOAD`.

pub(crate) mod payload;

use chrono::{DateTime, Utc};
use gantry_client::{Client, FollowOptions, Submission};
use gantry_domain::{
    IdempotencyKey, Job, JobId, KindName, OnConflict, OnParentFailure, ParentReference, Priority,
    QueueName, RetryDelays,
};

use crate::command_line::arguments::{Format, FormatChoice};
use crate::command_line::exit_status::{EXIT_STATUS_HELP, ExitStatus};
use crate::command_line::failure::Result;
use crate::command_line::following::follow;
use crate::command_line::output::Output;

/// Hand in a job
#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_STATUS_HELP)]
pub(crate) struct Arguments {
    /// What is to be done, for instance qe.relax.v1 (see `gantry kinds`)
    kind: KindName,
    /// The payload: JSON, @FILE for a file with JSON, or - for standard input
    ///
    /// For the kind qe.relax.v1, a file that does not end in .json is taken for a pw.x input, and so is standard input
    /// that is not JSON: the payload is then {"input": TEXT}.
    payload: String,
    /// Follow the log until the job ends, and exit with its status
    #[arg(short, long)]
    follow: bool,
    /// Where it waits [default: as the kind has it]
    #[arg(long)]
    queue: Option<QueueName>,
    /// How urgent it is: high, normal or low
    #[arg(long)]
    priority: Option<Priority>,
    /// Not before this time, for instance 2027-01-31T18:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    run_at: Option<DateTime<Utc>>,
    /// How many attempts it gets in all [default: as the kind has it]
    #[arg(long, value_name = "COUNT")]
    max_attempts: Option<u32>,
    /// How long to wait before the first retry and at most before any, in seconds, for instance 5,60; the delay doubles
    /// with each failure [default: as the kind has it]
    #[arg(long, value_name = "FIRST,LONGEST", value_parser = retry_delays)]
    retry_seconds: Option<RetryDelays>,
    /// How long one attempt may take, in seconds [default: as the kind has it]
    #[arg(long, value_name = "SECONDS")]
    timeout_seconds: Option<u32>,
    /// A word for finding it again; may be given several times
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Refuse it while another job of the kind with this key has not ended
    #[arg(long, value_name = "KEY")]
    unique_key: Option<String>,
    /// Where the unique key is taken: reject, or return_existing for the job that holds it
    #[arg(long, value_name = "WAY", requires = "unique_key")]
    on_conflict: Option<OnConflict>,
    /// Begin only when this job has succeeded; may be given several times
    #[arg(long = "depends-on", value_name = "JOB")]
    depends_on: Vec<JobId>,
    /// Where one of those does not succeed: cancel, or run when all have ended
    #[arg(long, value_name = "POLICY", requires = "depends_on")]
    on_parent_failure: Option<OnParentFailure>,
    /// Make one job however often this command is run with the same key within a day
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<IdempotencyKey>,
    #[command(flatten)]
    output: FormatChoice,
}

/// A time as RFC 3339 writes it, with its offset from UTC.
fn time(text: &str) -> std::result::Result<DateTime<Utc>, &'static str> {
    DateTime::parse_from_rfc3339(text)
        .map(|at| at.to_utc())
        .map_err(|_| "expected date, time and offset, for instance 2027-01-31T18:00:00Z")
}

fn retry_delays(text: &str) -> std::result::Result<RetryDelays, &'static str> {
    let delays = text.split_once(',').and_then(|(first, longest)| {
        Some(RetryDelays {
            base_seconds: first.trim().parse().ok()?,
            max_seconds: longest.trim().parse().ok()?,
        })
    });
    delays.ok_or("expected two whole numbers of seconds with a comma between, for instance 5,60")
}

pub(crate) async fn run(client: &Client, arguments: Arguments) -> Result<ExitStatus> {
    let (format, is_followed) = (arguments.output.format, arguments.follow);
    let idempotency_key = arguments.idempotency_key.clone();
    let submission = submission(arguments)?;
    let job = match idempotency_key {
        Some(key) => client.submit_once(&submission, &key).await?,
        None => client.submit(&submission).await?,
    };
    let mut output = Output::new();
    if is_followed {
        output.notice(&format!("-- job {} --", job.summary.id))?;
        let options = FollowOptions::default();
        return follow(client, job.summary.id, options, format, &mut output).await;
    }
    print(&job, format, &mut output)?;
    Ok(ExitStatus::Succeeded)
}

fn submission(arguments: Arguments) -> Result<Submission> {
    let payload = payload::read(&arguments.kind, &arguments.payload)?;
    Ok(Submission {
        kind: arguments.kind,
        payload,
        queue: arguments.queue,
        priority: arguments.priority,
        run_at: arguments.run_at,
        max_attempts: arguments.max_attempts,
        retry: arguments.retry_seconds,
        timeout_seconds: arguments.timeout_seconds,
        tags: arguments.tags,
        unique_key: arguments.unique_key,
        on_conflict: arguments.on_conflict,
        depends_on: arguments
            .depends_on
            .into_iter()
            .map(ParentReference::Job)
            .collect(),
        on_parent_failure: arguments.on_parent_failure,
    })
}

/// The id alone on standard output, for `JOB=$(gantry submit …)`.
fn print(job: &Job, format: Format, output: &mut Output) -> Result<()> {
    let summary = &job.summary;
    match format {
        Format::Text => {
            output.line(&summary.id.to_string())?;
            output.notice(&format!(
                "{}; follow it: gantry logs -f {}",
                summary.state, summary.id
            ))
        }
        Format::Json => output.json(job),
    }
}
