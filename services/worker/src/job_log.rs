//! The log of one run, as its handler writes it.

use std::sync::Arc;

use chrono::{SubsecRound, Utc};
use gantry_domain::{
    LOG_ATTEMPT_LIMIT_BYTES, LOG_ATTEMPT_LIMIT_LINES, LOG_LINE_LIMIT_BYTES, LOG_TRUNCATED_TEXT,
    LogLevel, LogLine, LogStream,
};
use tokio::sync::Mutex;

use crate::journal::RunJournal;
use crate::storable::storable_text;

/// The log of one run; clones write to the same log.
#[derive(Clone)]
pub struct JobLog {
    attempt: u32,
    journal: RunJournal,
    state: Arc<Mutex<LogState>>,
}

struct LogState {
    seq: u64,
    lines_left: u64,
    bytes_left: u64,
    is_truncated: bool,
}

impl JobLog {
    /// A log whose first line follows `last_seq`.
    pub(crate) fn new(attempt: u32, last_seq: u64, journal: RunJournal) -> Self {
        Self {
            attempt,
            journal,
            state: Arc::new(Mutex::new(LogState {
                seq: last_seq,
                lines_left: LOG_ATTEMPT_LIMIT_LINES.saturating_sub(last_seq),
                bytes_left: LOG_ATTEMPT_LIMIT_BYTES,
                is_truncated: last_seq >= LOG_ATTEMPT_LIMIT_LINES,
            })),
        }
    }

    /// Writes a line at level `info`.
    pub async fn info(&self, text: impl Into<String>) {
        self.write(LogStream::Handler, LogLevel::Info, text).await;
    }

    /// Writes a line at level `warn`.
    pub async fn warn(&self, text: impl Into<String>) {
        self.write(LogStream::Handler, LogLevel::Warn, text).await;
    }

    /// Writes a line at level `error`.
    pub async fn error(&self, text: impl Into<String>) {
        self.write(LogStream::Handler, LogLevel::Error, text).await;
    }

    /// Writes a line. Waits while the worker is behind with storing lines, so a fast writer is slowed, not buffered
    /// without end. Line breaks and NUL characters become visible; what exceeds a line's limit is cut; what exceeds
    /// the attempt's limit is dropped, and one line says so.
    pub async fn write(&self, stream: LogStream, level: LogLevel, text: impl Into<String>) {
        let text = one_line(text.into());
        // Held while the line is handed over, so that lines arrive in the order of their numbers.
        let mut state = self.state.lock().await;
        if state.is_truncated {
            return;
        }
        let size_bytes = text.len() as u64;
        let (stream, level, text) = if state.lines_left == 0 || state.bytes_left < size_bytes {
            state.is_truncated = true;
            (LogStream::Gantry, LogLevel::Warn, truncation_notice())
        } else {
            state.lines_left -= 1;
            state.bytes_left -= size_bytes;
            (stream, level, text)
        };
        state.seq += 1;
        let line = LogLine {
            attempt: self.attempt,
            seq: state.seq,
            at: Utc::now().trunc_subsecs(6),
            stream,
            level,
            text,
        };
        self.journal.write(line).await;
    }

    /// The number of the last line.
    pub(crate) async fn last_seq(&self) -> u64 {
        self.state.lock().await.seq
    }
}

fn truncation_notice() -> String {
    format!(
        "{LOG_TRUNCATED_TEXT}: an attempt stores {LOG_ATTEMPT_LIMIT_LINES} lines and {} MiB at most; the rest of this \
         attempt's output is not kept",
        LOG_ATTEMPT_LIMIT_BYTES / (1024 * 1024)
    )
}

/// One line that Postgres can hold, within the limit.
fn one_line(mut text: String) -> String {
    if text.len() > LOG_LINE_LIMIT_BYTES {
        text.truncate(text.floor_char_boundary(LOG_LINE_LIMIT_BYTES));
    }
    if text.contains(['\n', '\r']) {
        text = text.replace(['\n', '\r'], "␊");
    }
    storable_text(text)
}
