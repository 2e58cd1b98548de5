//! One module per command; each is an `Arguments` and a `run`.

pub(crate) mod attempts;
pub(crate) mod batch;
pub(crate) mod cancel;
pub(crate) mod demo;
pub(crate) mod dev;
pub(crate) mod job;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod kinds;
pub(crate) mod limits;
pub(crate) mod logs;
pub(crate) mod me;
pub(crate) mod pause;
pub(crate) mod pauses;
pub(crate) mod queues;
pub(crate) mod resume;
pub(crate) mod retry;
pub(crate) mod schedule;
pub(crate) mod schedules;
pub(crate) mod submit;
pub(crate) mod why;
pub(crate) mod workers;

use crate::command_line::arguments::{Command, CommandLine};
use crate::command_line::exit_status::ExitStatus;
use crate::command_line::failure::Result;

/// Does what the command line says.
pub(crate) async fn run(command_line: CommandLine) -> Result<ExitStatus> {
    let connection = command_line.connection;
    match command_line.command {
        Command::Submit(arguments) => submit::run(&connection.client()?, arguments).await,
        Command::Logs(arguments) => logs::run(&connection.client()?, arguments).await,
        Command::Jobs(arguments) => jobs::run(&connection.client()?, arguments).await,
        Command::Job(arguments) => job::run(&connection.client()?, arguments).await,
        Command::Batch(arguments) => batch::run(&connection.client()?, arguments).await,
        Command::Attempts(arguments) => attempts::run(&connection.client()?, arguments).await,
        Command::Cancel(arguments) => cancel::run(&connection.client()?, arguments).await,
        Command::Retry(arguments) => retry::run(&connection.client()?, arguments).await,
        Command::Schedules(arguments) => schedules::run(&connection.client()?, arguments).await,
        Command::Schedule(arguments) => schedule::run(&connection.client()?, arguments).await,
        Command::Pause(arguments) => pause::run(&connection.client()?, arguments).await,
        Command::Resume(arguments) => resume::run(&connection.client()?, arguments).await,
        Command::Pauses(arguments) => pauses::run(&connection.client()?, arguments).await,
        Command::Queues(arguments) => queues::run(&connection.client()?, arguments).await,
        Command::Limits(arguments) => limits::run(&connection.client()?, arguments).await,
        Command::Why(arguments) => why::run(&connection.client()?, arguments).await,
        Command::Keys(arguments) => keys::run(&connection.client()?, arguments).await,
        Command::Kinds(arguments) => kinds::run(&connection.client()?, arguments).await,
        Command::Workers(arguments) => workers::run(&connection.client()?, arguments).await,
        Command::Me(arguments) => me::run(&connection.client()?, arguments).await,
        Command::Dev(arguments) => dev::run(arguments).await,
        Command::Demo(arguments) => demo::run(arguments).await,
    }
}
