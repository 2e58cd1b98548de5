//! Server-sent events, written one after another and taken together.

use actix_web::web::Bytes;
use gantry_domain::{
    JobFailure, JobState, JobSummary, LOG_TRUNCATED_TEXT, LogCursor, LogLine, LogStream,
};
use serde::Serialize;

/// The events that wait to be sent.
#[derive(Default)]
pub struct Events {
    text: String,
    /// The attempt whose beginning was told last; 0 for none.
    attempt: u32,
}

#[derive(Serialize)]
struct AttemptData {
    attempt: u32,
}

#[derive(Serialize)]
struct EndData<'job> {
    state: JobState,
    attempt: u32,
    error: Option<&'job JobFailure>,
}

impl Events {
    /// Everything written since the last time; none for nothing.
    pub fn take(&mut self) -> Option<Bytes> {
        let text = std::mem::take(&mut self.text);
        (!text.is_empty()).then(|| Bytes::from(text))
    }

    /// The stream begins: who loses it is to come back after a second.
    pub fn begin(&mut self) {
        self.text.push_str("retry: 1000\n\n");
    }

    /// The reader knows that this attempt has begun.
    pub fn resume_in(&mut self, attempt: u32) {
        self.attempt = attempt;
    }

    /// A line, after the boundary of its attempt where it is the first.
    pub fn line(&mut self, line: &LogLine) {
        let attempt = line.attempt;
        if attempt != self.attempt {
            self.attempt = attempt;
            let beginning = LogCursor { attempt, seq: 0 };
            self.write("attempt", Some(beginning), &AttemptData { attempt });
        }
        if line.stream == LogStream::Gantry && line.text.starts_with(LOG_TRUNCATED_TEXT) {
            self.write("truncated", None, &AttemptData { attempt });
        }
        self.write("line", Some(line.cursor()), line);
    }

    /// The job ended, and every line was told.
    pub fn end(&mut self, job: &JobSummary) {
        let data = EndData {
            state: job.state,
            attempt: job.attempt,
            error: job.error.as_ref(),
        };
        self.write("end", None, &data);
    }

    /// The reader was too slow.
    pub fn lagged(&mut self) {
        self.write("lagged", None, &serde_json::json!({}));
    }

    /// Something that readers skip.
    pub fn comment(&mut self, text: &str) {
        self.text.push_str(": ");
        self.text.push_str(text);
        self.text.push_str("\n\n");
    }

    /// JSON has no line breaks of its own, so the data is one line.
    fn write(&mut self, event: &str, id: Option<LogCursor>, data: &impl Serialize) {
        let Ok(data) = serde_json::to_string(data) else {
            tracing::error!(event, "an event could not be written as JSON");
            return;
        };
        if let Some(id) = id {
            self.text.push_str(&format!("id: {id}\n"));
        }
        self.text
            .push_str(&format!("event: {event}\ndata: {data}\n\n"));
    }
}
