//! Following a job's log on the terminal until the job ends or Ctrl-C.

use gantry_client::{Client, FollowOptions, LogEvent};
use gantry_domain::JobId;

use crate::command_line::arguments::Format;
use crate::command_line::exit_status::ExitStatus;
use crate::command_line::failure::Result;
use crate::command_line::interrupt::Interrupt;
use crate::command_line::output::Output;
use crate::command_line::output::log;

/// Prints a job's log as it comes and exits with the job's status.
pub(crate) async fn follow(
    client: &Client,
    id: JobId,
    options: FollowOptions,
    format: Format,
    output: &mut Output,
) -> Result<ExitStatus> {
    let mut interrupt = Interrupt::new()?;
    let mut follower = client.follow_logs(id, options);
    loop {
        let event = tokio::select! {
            event = follower.next() => event?,
            () = interrupt.received() => {
                output.notice(&log::left_running(id))?;
                return Ok(ExitStatus::Interrupted);
            }
        };
        match event {
            Some(LogEvent::Line(line)) => match format {
                Format::Text => output.line(&log::line(&line))?,
                Format::Json => output.json_line(&line)?,
            },
            Some(LogEvent::Ended { state, error }) => {
                output.notice(&log::ended(state))?;
                if let Some(error) = error {
                    output.notice(&log::job_error(&error))?;
                }
                return Ok(ExitStatus::of_job(state));
            }
            Some(event) => output.notice(&log::remark(&event))?,
            None => return Ok(ExitStatus::Succeeded),
        }
    }
}
