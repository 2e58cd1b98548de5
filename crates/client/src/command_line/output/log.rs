//! Log lines and what is said between them.

use anstyle::{AnsiColor, Style};
use gantry_client::LogEvent;
use gantry_domain::{JobFailure, JobId, JobState, LogLevel, LogLine, LogStream};

use super::text::printable;
use super::time::time_of_day;

/// A log line: its time (UTC), where it came from, its level unless it is the usual one, its text.
pub(crate) fn line(line: &LogLine) -> String {
    let dimmed = Style::new().dimmed();
    let source = source_style(line.stream);
    let level = level_style(line.level);
    let mark = match line.level {
        LogLevel::Info => String::new(),
        marked => format!("{level}{marked}:{level:#} "),
    };
    format!(
        "{dimmed}{}{dimmed:#} {source}{:<7}{source:#} {mark}{}",
        time_of_day(line.at),
        line.stream,
        printable(&line.text)
    )
}

/// What a follower says apart from lines.
pub(crate) fn remark(event: &LogEvent) -> String {
    match event {
        LogEvent::AttemptStarted { attempt } => attempt_boundary(*attempt),
        LogEvent::Truncated { attempt } => {
            format!("-- attempt {attempt} wrote more than is stored: its log is truncated here --")
        }
        LogEvent::LinesMissing { after, before } => {
            format!("-- lines between {after} and {before} are not stored any more --")
        }
        LogEvent::Interrupted { reason } => {
            format!(
                "-- the stream broke ({}): coming back --",
                printable(reason)
            )
        }
        LogEvent::Line(told) => line(told),
        LogEvent::Ended { state, .. } => ended(*state),
    }
}

/// What stands before the first line of an attempt.
pub(crate) fn attempt_boundary(attempt: u32) -> String {
    format!("-- attempt {attempt} --")
}

/// What stands behind the last line.
pub(crate) fn ended(state: JobState) -> String {
    if state.is_terminal() {
        format!("-- job {state} --")
    } else {
        format!("-- the attempt is over, the job is {state} --")
    }
}

/// Why a job failed.
pub(crate) fn job_error(error: &JobFailure) -> String {
    format!("{}: {}", printable(&error.code), printable(&error.message))
}

/// What to say when Ctrl-C ends the following, but not the job.
pub(crate) fn left_running(id: JobId) -> String {
    format!("\nThe job goes on. Follow it again: gantry logs -f {id}\nEnd it: gantry cancel {id}")
}

fn source_style(stream: LogStream) -> Style {
    match stream {
        LogStream::Stdout => Style::new(),
        LogStream::Stderr => AnsiColor::Yellow.on_default(),
        LogStream::Handler => AnsiColor::Cyan.on_default(),
        LogStream::Gantry => AnsiColor::Magenta.on_default(),
    }
}

fn level_style(level: LogLevel) -> Style {
    match level {
        LogLevel::Debug => Style::new().dimmed(),
        LogLevel::Info => Style::new(),
        LogLevel::Warn => AnsiColor::Yellow.on_default().bold(),
        LogLevel::Error => AnsiColor::Red.on_default().bold(),
    }
}
