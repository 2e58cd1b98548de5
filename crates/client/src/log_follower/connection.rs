//! One connection to a job's log stream.

use std::time::Duration;

use gantry_domain::{JobFailure, JobState, LogCursor, LogLine};
use reqwest::Response;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderName};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout};
use url::Url;

use super::FollowOptions;
use crate::answer;
use crate::error::{ClientError, Result};
use crate::server_sent_events::{Event, EventReader};

/// The largest event that is read, in bytes; a larger one ends the following with an error. The longest log line stays
/// below it, even when every character has to be escaped.
pub const EVENT_LIMIT_BYTES: usize = 256 * 1024;

/// How long the API may take to begin its answer.
const OPEN_LIMIT: Duration = Duration::from_secs(30);
const EVENT_STREAM: &str = "text/event-stream";
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// One connection to a job's log stream.
#[derive(Debug)]
pub(super) struct Connection {
    response: Response,
    reader: EventReader,
    opened_at: Instant,
}

/// What the stream says.
#[derive(Debug)]
pub(super) enum StreamEvent {
    Attempt(u32),
    Line(LogLine),
    Truncated(u32),
    Lagged,
    Ended {
        state: JobState,
        error: Option<JobFailure>,
    },
    /// From an API newer than this client.
    Unknown,
}

#[derive(Deserialize)]
struct AttemptData {
    attempt: u32,
}

#[derive(Deserialize)]
struct EndData {
    state: JobState,
    error: Option<JobFailure>,
}

impl Connection {
    /// Asks for the stream, behind `last` where something was received before.
    pub(super) async fn open(
        http: &reqwest::Client,
        url: &Url,
        options: &FollowOptions,
        last: Option<LogCursor>,
    ) -> Result<Self> {
        let mut request = http
            .get(url.clone())
            .header(ACCEPT, EVENT_STREAM)
            .query(&[("follow", "true")]);
        if let Some(attempt) = options.attempt {
            request = request.query(&[("attempt", attempt)]);
        }
        match (last, options.tail) {
            (Some(last), _) => request = request.header(LAST_EVENT_ID, last.to_string()),
            (None, Some(tail)) => request = request.query(&[("tail", tail)]),
            (None, None) => {}
        }
        let answer = timeout(OPEN_LIMIT, request.send()).await.map_err(|_| {
            interrupted(url, &format!("no answer within {} s", OPEN_LIMIT.as_secs()))
        })?;
        let answer = answer.map_err(|error| ClientError::unreachable(url, &error))?;
        let response = answer::accepted(answer).await?;
        require_event_stream(&response)?;
        Ok(Self {
            response,
            reader: EventReader::new(EVENT_LIMIT_BYTES),
            opened_at: Instant::now(),
        })
    }

    /// How long it has lasted.
    pub(super) fn age(&self) -> Duration {
        self.opened_at.elapsed()
    }

    /// The next event. Dropping the future loses no event.
    pub(super) async fn next_event(&mut self, silence_limit: Duration) -> Result<StreamEvent> {
        loop {
            let event = self.reader.next_event();
            if let Some(event) = event.map_err(|error| self.not_understood(&error))? {
                return self.understand(&event);
            }
            let chunk = timeout(silence_limit, self.response.chunk()).await;
            let url = self.response.url();
            let chunk = chunk.map_err(|_| {
                interrupted(
                    url,
                    &format!("no heartbeat for {} s", silence_limit.as_secs()),
                )
            })?;
            // What breaks a body off is told at length by the HTTP library, but comes down to this.
            let chunk = chunk.map_err(|_| interrupted(url, "the connection broke"))?;
            let chunk = chunk.ok_or_else(|| interrupted(url, "the API closed it"))?;
            self.reader.receive(&chunk);
        }
    }

    fn understand(&self, event: &Event) -> Result<StreamEvent> {
        Ok(match event.name.as_str() {
            "line" => StreamEvent::Line(self.data(event)?),
            "attempt" => StreamEvent::Attempt(self.data::<AttemptData>(event)?.attempt),
            "truncated" => StreamEvent::Truncated(self.data::<AttemptData>(event)?.attempt),
            "lagged" => StreamEvent::Lagged,
            "end" => {
                let EndData { state, error } = self.data(event)?;
                StreamEvent::Ended { state, error }
            }
            _ => StreamEvent::Unknown,
        })
    }

    fn data<T: DeserializeOwned>(&self, event: &Event) -> Result<T> {
        serde_json::from_str(&event.data).map_err(|fault| {
            self.not_understood(&format_args!("its `{}` event: {fault}", event.name))
        })
    }

    fn not_understood(&self, reason: &dyn std::fmt::Display) -> ClientError {
        ClientError::UnexpectedAnswer {
            url: self.response.url().clone(),
            status: self.response.status(),
            reason: reason.to_string(),
        }
    }
}

/// A proxy's page or an API that does not stream would otherwise be read as an empty log.
fn require_event_stream(response: &Response) -> Result<()> {
    let content_type = response.headers().get(CONTENT_TYPE);
    let streams = content_type
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with(EVENT_STREAM));
    if streams {
        return Ok(());
    }
    Err(ClientError::UnexpectedAnswer {
        url: response.url().clone(),
        status: response.status(),
        reason: format!("a log stream is {EVENT_STREAM}"),
    })
}

fn interrupted(url: &Url, reason: &str) -> ClientError {
    ClientError::LogStreamInterrupted {
        url: url.clone(),
        reason: reason.to_owned(),
    }
}
