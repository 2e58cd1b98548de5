//! What is shown: results on standard output, everything about them on standard error.

pub(crate) mod api_key;
pub(crate) mod batch;
pub(crate) mod bulk;
mod details;
pub(crate) mod job;
pub(crate) mod kind;
pub(crate) mod limit;
pub(crate) mod log;
pub(crate) mod pause;
pub(crate) mod queue;
pub(crate) mod relaxation;
pub(crate) mod schedule;
pub(crate) mod stack;
mod table;
pub(crate) mod text;
pub(crate) mod time;
pub(crate) mod user;
pub(crate) mod worker;

mod problem;

use std::io::{self, Stderr, Stdout, Write};

use anstream::AutoStream;
use serde::Serialize;

use crate::command_line::exit_status::ExitStatus;
use crate::command_line::failure::{Failure, Result};

/// Standard output and standard error; colours reach terminals only, and not even those when NO_COLOR is set.
pub(crate) struct Output {
    standard_output: AutoStream<Stdout>,
    standard_error: AutoStream<Stderr>,
}

impl Output {
    pub(crate) fn new() -> Self {
        Self {
            standard_output: AutoStream::auto(io::stdout()),
            standard_error: AutoStream::auto(io::stderr()),
        }
    }

    /// A line or block of the result.
    pub(crate) fn line(&mut self, text: &str) -> Result<()> {
        Ok(writeln!(self.standard_output, "{text}")?)
    }

    /// One of the result's JSON documents, on a line of its own.
    pub(crate) fn json_line(&mut self, document: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string(document)?;
        self.line(&text)
    }

    /// The result as a JSON document.
    pub(crate) fn json(&mut self, document: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string_pretty(document)?;
        self.line(&text)
    }

    /// A remark about the result.
    pub(crate) fn notice(&mut self, text: &str) -> Result<()> {
        let dimmed = anstyle::Style::new().dimmed();
        Ok(writeln!(self.standard_error, "{dimmed}{text}{dimmed:#}")?)
    }
}

/// Says what went wrong, in one block, and gives the status to exit with.
pub(crate) fn report_failure(failure: &Failure) -> ExitStatus {
    if failure.is_closed_pipe() {
        return ExitStatus::Succeeded;
    }
    let bold_red = anstyle::AnsiColor::Red.on_default().bold();
    let mut standard_error = AutoStream::auto(io::stderr());
    // Without standard error there is nobody left to tell.
    let _ = writeln!(
        standard_error,
        "{bold_red}error:{bold_red:#} {}",
        problem::explain(failure)
    );
    match failure {
        Failure::Usage(_) => ExitStatus::Usage,
        _ => ExitStatus::Failed,
    }
}
