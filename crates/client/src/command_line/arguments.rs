//! What can be said on the command line.

use clap::{Parser, Subcommand, ValueEnum};

use crate::command_line::commands::{
    attempts, batch, cancel, demo, dev, job, jobs, keys, kinds, limits, logs, me, pause, pauses,
    queues, resume, retry, schedule, schedules, submit, why, workers,
};
use crate::command_line::connection::Connection;
use crate::command_line::exit_status::EXIT_STATUS_HELP;

/// Hand in jobs, watch them run and look after them.
#[derive(Parser)]
#[command(
    name = "gantry",
    version,
    after_help = EXIT_STATUS_HELP,
    disable_help_subcommand = true
)]
pub(crate) struct CommandLine {
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Hand in a job
    Submit(submit::Arguments),
    /// Show or follow a job's log, and exit with the job's status
    Logs(logs::Arguments),
    /// List jobs, the newest first
    Jobs(jobs::Arguments),
    /// Show a job with its payload, progress, result and error
    Job(job::Arguments),
    /// Show how far a batch is that was handed in with a callback
    Batch(batch::Arguments),
    /// List the attempts at a job
    Attempts(attempts::Arguments),
    /// Explain what a job is waiting for, or what became of it
    Why(why::Arguments),
    /// Ask for the end of a job, or of all jobs that match
    Cancel(cancel::Arguments),
    /// Put a failed or cancelled job, or all that match, back into the queue
    Retry(retry::Arguments),
    /// List the schedules, the newest first
    Schedules(schedules::Arguments),
    /// Create, show, pause, resume, run or delete a schedule
    Schedule(schedule::Arguments),
    /// List the queues with what waits and runs in each
    Queues(queues::Arguments),
    /// Hold back the waiting jobs of a queue, tenant or person; for operators
    Pause(pause::Arguments),
    /// Let the waiting jobs of a paused queue, tenant or person go on; for operators
    Resume(resume::Arguments),
    /// List what is paused; for operators
    Pauses(pauses::Arguments),
    /// List, set or remove limits on how many jobs run at a time; for operators
    Limits(limits::Arguments),
    /// List, create or revoke API keys, with which programs act for you
    Keys(keys::Arguments),
    /// List the kinds of jobs that workers have announced
    Kinds(kinds::Arguments),
    /// List the worker processes
    Workers(workers::Arguments),
    /// Show who the API takes you for
    Me(me::Arguments),
    /// Run the whole stack on this machine for daily use, keeping its data
    Dev(dev::Arguments),
    /// Run a real calculation on a temporary stack, from submission to result
    Demo(demo::Arguments),
}

/// How results are written to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs: one JSON document, or one per line for lists.
    Json,
}

/// The choice of a format.
#[derive(Debug, clap::Args)]
pub(crate) struct FormatChoice {
    /// How to write the result: `json` gives one document, lists and logs one document per line
    #[arg(
        short = 'o',
        long = "output",
        value_name = "FORMAT",
        default_value = "text"
    )]
    pub(crate) format: Format,
}
