//! A job's log followed live, through every interruption, line by line.

mod connection;
mod position;

use std::collections::VecDeque;
use std::time::Duration;

use gantry_domain::{JobFailure, JobState, LogCursor, LogLine};
use tokio::time::{Instant, sleep_until};
use url::Url;

pub use self::connection::EVENT_LIMIT_BYTES;
use self::connection::{Connection, StreamEvent};
use self::position::{Order, Position};
use crate::backoff::ReconnectPolicy;
use crate::error::{ClientError, Result};

/// After this long without a byte, in seconds, a stream is taken for dead; the API sends a heartbeat every 15 s.
pub const SILENCE_LIMIT_SECONDS: u64 = 45;

/// A connection that lasted this long was a good one: the count of failures starts anew.
const GOOD_CONNECTION: Duration = Duration::from_secs(15);

/// What to follow, and how stubbornly.
#[derive(Debug, Clone, PartialEq)]
pub struct FollowOptions {
    /// Start with this many lines of what is stored; with all of it unless set.
    pub tail: Option<u32>,
    /// Only lines of this attempt, from 1.
    pub attempt: Option<u32>,
    /// How long the stream may be silent.
    pub silence_limit: Duration,
    /// When to come back, and when to give up.
    pub reconnect: ReconnectPolicy,
}

impl Default for FollowOptions {
    /// All lines of all attempts.
    fn default() -> Self {
        Self {
            tail: None,
            attempt: None,
            silence_limit: Duration::from_secs(SILENCE_LIMIT_SECONDS),
            reconnect: ReconnectPolicy::default(),
        }
    }
}

/// What a follower tells.
#[derive(Debug, Clone, PartialEq)]
pub enum LogEvent {
    /// The lines that follow belong to this attempt.
    AttemptStarted {
        /// The attempt, from 1.
        attempt: u32,
    },
    /// A line; each is told once, in order.
    Line(LogLine),
    /// The attempt's log reached its limit: it wrote more than is stored.
    Truncated {
        /// The attempt, from 1.
        attempt: u32,
    },
    /// Lines are missing that even the stored log does not have.
    LinesMissing {
        /// The last line before them.
        after: LogCursor,
        /// The first line behind them.
        before: LogCursor,
    },
    /// The stream broke; the follower is about to come back and go on behind the last line.
    Interrupted {
        /// What happened.
        reason: String,
    },
    /// Nothing follows, because the job, or the one attempt that was followed, ended.
    Ended {
        /// How; a state that is not an end when only an earlier attempt was followed.
        state: JobState,
        /// Why it did not succeed.
        error: Option<JobFailure>,
    },
}

/// A job's log followed live: see [`crate::Client::follow_logs`].
///
/// It holds one event of the stream at a time: who reads slowly makes the API wait, and is dropped by it and resumes.
#[derive(Debug)]
pub struct LogFollower {
    http: reqwest::Client,
    url: Url,
    options: FollowOptions,
    position: Position,
    connection: Option<Connection>,
    /// At most a remark about the line and the line itself.
    pending: VecDeque<LogEvent>,
    was_connected: bool,
    failures: u32,
    connect_at: Option<Instant>,
    ended: bool,
}

impl LogFollower {
    pub(crate) fn new(http: reqwest::Client, url: Url, options: FollowOptions) -> Self {
        Self {
            http,
            url,
            position: Position::new(options.tail.is_some()),
            options,
            connection: None,
            pending: VecDeque::new(),
            was_connected: false,
            failures: 0,
            connect_at: None,
            ended: false,
        }
    }

    /// The next event; `None` after [`LogEvent::Ended`]. Dropping the future loses no event.
    ///
    /// # Errors
    /// A refusal of the API, an API that cannot be reached to begin with, or [`ClientError::LogStreamLost`].
    pub async fn next(&mut self) -> Result<Option<LogEvent>> {
        loop {
            if let Some(event) = self.pending.pop_front() {
                return Ok(Some(event));
            }
            if self.ended {
                return Ok(None);
            }
            match &mut self.connection {
                None => self.connect().await?,
                Some(connection) => match connection.next_event(self.options.silence_limit).await {
                    Ok(event) => self.take(event)?,
                    Err(error) => self.disconnect(error)?,
                },
            }
        }
    }

    async fn connect(&mut self) -> Result<()> {
        if let Some(instant) = self.connect_at {
            sleep_until(instant).await;
        }
        let opened =
            Connection::open(&self.http, &self.url, &self.options, self.position.last()).await;
        match opened {
            Ok(connection) => {
                self.connection = Some(connection);
                self.was_connected = true;
                Ok(())
            }
            Err(error) if self.was_connected => self.count_failure(error),
            Err(error) => Err(error),
        }
    }

    fn take(&mut self, event: StreamEvent) -> Result<()> {
        match event {
            StreamEvent::Line(line) => self.take_line(line),
            StreamEvent::Attempt(attempt) => self.announce(attempt),
            StreamEvent::Truncated(attempt) => {
                if self.position.note_truncation(attempt) {
                    self.pending.push_back(LogEvent::Truncated { attempt });
                }
            }
            StreamEvent::Lagged => {
                return self.disconnect(self.interruption("it fell too far behind"));
            }
            StreamEvent::Ended { state, error } => {
                self.connection = None;
                self.ended = true;
                self.pending.push_back(LogEvent::Ended { state, error });
            }
            StreamEvent::Unknown => {}
        }
        Ok(())
    }

    fn take_line(&mut self, line: LogLine) {
        match self.position.order(line.cursor()) {
            Order::Repeated => return,
            Order::Next => {}
            // The stored log has every line there is: ask it once before believing that lines are gone.
            Order::Ahead { asked_again: false } => {
                self.connection = None;
                return;
            }
            Order::Ahead { asked_again: true } => {
                self.pending.push_back(LogEvent::LinesMissing {
                    after: self.position.last().unwrap_or(LogCursor::START),
                    before: line.cursor(),
                });
            }
        }
        self.announce(line.attempt);
        self.position.advance(line.cursor());
        self.failures = 0;
        self.connect_at = None;
        self.pending.push_back(LogEvent::Line(line));
    }

    fn announce(&mut self, attempt: u32) {
        if self.position.note_attempt(attempt) {
            self.pending.push_back(LogEvent::AttemptStarted { attempt });
        }
    }

    fn disconnect(&mut self, error: ClientError) -> Result<()> {
        let lasted_long = self
            .connection
            .take()
            .is_some_and(|connection| connection.age() >= GOOD_CONNECTION);
        if lasted_long {
            self.failures = 0;
        }
        if error.is_transient() {
            let reason = match &error {
                ClientError::LogStreamInterrupted { reason, .. } => reason.clone(),
                other => other.to_string(),
            };
            self.pending.push_back(LogEvent::Interrupted { reason });
        }
        self.count_failure(error)
    }

    /// Decides whether to come back, and when.
    fn count_failure(&mut self, error: ClientError) -> Result<()> {
        if !error.is_transient() {
            return Err(error);
        }
        self.failures += 1;
        if self.failures > self.options.reconnect.failure_limit {
            return Err(ClientError::LogStreamLost {
                failures: self.failures,
                source: Box::new(error),
            });
        }
        let delay = self.options.reconnect.delay(self.failures, rand::random());
        self.connect_at = Some(Instant::now() + delay);
        Ok(())
    }

    fn interruption(&self, reason: &str) -> ClientError {
        ClientError::LogStreamInterrupted {
            url: self.url.clone(),
            reason: reason.to_owned(),
        }
    }
}
