//! Log lines of a job and the cursor that orders them.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::word::word_enum;

word_enum! {
    /// Where a log line came from.
    LogStream, "log stream" {
        /// The standard output of a program.
        Stdout = "stdout",
        /// The standard error of a program.
        Stderr = "stderr",
        /// The handler inside the worker.
        Handler = "handler",
        /// Gantry itself, for instance to say that the log was truncated.
        Gantry = "gantry",
    }
}

word_enum! {
    /// How much a log line matters.
    LogLevel, "log level" {
        /// For those who look closely.
        Debug = "debug",
        /// The usual.
        Info = "info",
        /// Something to look at.
        Warn = "warn",
        /// Something went wrong.
        Error = "error",
    }
}

/// One line of a job's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogLine {
    /// Which attempt wrote it, from 1.
    pub attempt: u32,
    /// Its place in the attempt, from 1, without gaps.
    pub seq: u64,
    /// When the worker saw it.
    pub at: DateTime<Utc>,
    /// Where it came from.
    pub stream: LogStream,
    /// How much it matters.
    pub level: LogLevel,
    /// The text, without line end.
    pub text: String,
}

impl LogLine {
    /// The cursor of this line.
    pub const fn cursor(&self) -> LogCursor {
        LogCursor {
            attempt: self.attempt,
            seq: self.seq,
        }
    }
}

/// The place of a line in a job's log; written `attempt.seq`, for instance `1.42`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LogCursor {
    /// The attempt, from 1; 0 stands before the first line of all.
    pub attempt: u32,
    /// The line within the attempt, from 1; 0 stands before the attempt's first.
    pub seq: u64,
}

impl LogCursor {
    /// Before the first line of the first attempt.
    pub const START: Self = Self { attempt: 0, seq: 0 };
}

impl fmt::Display for LogCursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.attempt, self.seq)
    }
}

/// A text that is no log cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a log cursor: expected ATTEMPT.SEQ, for instance 1.42")]
pub struct InvalidLogCursor;

impl FromStr for LogCursor {
    type Err = InvalidLogCursor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (attempt, seq) = text.split_once('.').ok_or(InvalidLogCursor)?;
        let attempt: u32 = decimal(attempt)?;
        let seq: u64 = decimal(seq)?;
        // Postgres holds both as signed numbers.
        if i32::try_from(attempt).is_err() || i64::try_from(seq).is_err() {
            return Err(InvalidLogCursor);
        }
        Ok(Self { attempt, seq })
    }
}

/// Digits only: the standard parser would also take a plus sign.
fn decimal<T: FromStr>(text: &str) -> Result<T, InvalidLogCursor> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().map_err(|_| InvalidLogCursor)
    } else {
        Err(InvalidLogCursor)
    }
}
