//! What a test job does to the world, and the line by which it says so.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The kind whose jobs leave lines in the effects file.
pub(crate) const EFFECT_KIND: &str = "faults.effect.v1";

/// The payload of a job of the test kind.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EffectPayload {
    /// Names the job in the effects file.
    pub label: String,
    /// Goes on until this file exists; without one it ends by itself.
    pub gate: Option<String>,
    /// Prints so many numbered lines, one for each beat, before it ends.
    pub lines: u32,
    /// Prints so many more lines at once.
    pub lines_at_once: u64,
    /// What each of those is longer by.
    pub padding_bytes: usize,
    /// Prints one line of so many bytes.
    pub long_line_bytes: u64,
    /// Holds so much memory while it goes on.
    pub memory_mib: usize,
    /// Writes to this file.
    pub writes_to: Option<String>,
    /// Ends with exit code 1.
    pub fails: bool,
    /// Does not listen to SIGTERM, and neither do its descendants.
    pub ignores_terminate: bool,
    /// Starts so many processes that leave its group and its session, and does not wait for them.
    pub grandchildren: u32,
}

/// One job of the test kind, as a test submits it.
#[derive(Debug, Clone)]
pub struct Effect {
    payload: EffectPayload,
}

impl Effect {
    /// A job that begins and ends.
    pub fn new(label: &str) -> Self {
        Self {
            payload: EffectPayload {
                label: label.to_owned(),
                ..EffectPayload::default()
            },
        }
    }

    /// Goes on until the test opens the gate, see [`crate::Installation::open_gate`].
    #[must_use]
    pub fn until(mut self, gate: String) -> Self {
        self.payload.gate = Some(gate);
        self
    }

    /// Prints so many numbered lines, fifty in a second at most.
    #[must_use]
    pub fn printing(mut self, lines: u32) -> Self {
        self.payload.lines = lines;
        self
    }

    /// Prints so many more lines as fast as they are taken.
    #[must_use]
    pub fn printing_at_once(mut self, lines: u64) -> Self {
        self.payload.lines_at_once = lines;
        self
    }

    /// Makes each of those lines so much longer.
    #[must_use]
    pub fn padded_by(mut self, bytes: usize) -> Self {
        self.payload.padding_bytes = bytes;
        self
    }

    /// Prints one line of so many bytes.
    #[must_use]
    pub fn printing_a_line_of(mut self, bytes: u64) -> Self {
        self.payload.long_line_bytes = bytes;
        self
    }

    /// Holds so much memory.
    #[must_use]
    pub fn holding_memory(mut self, mib: usize) -> Self {
        self.payload.memory_mib = mib;
        self
    }

    /// Writes to this file.
    #[must_use]
    pub fn writing_to(mut self, path: &str) -> Self {
        self.payload.writes_to = Some(path.to_owned());
        self
    }

    /// Ends with exit code 1.
    #[must_use]
    pub fn failing(mut self) -> Self {
        self.payload.fails = true;
        self
    }

    /// Does not listen to SIGTERM.
    #[must_use]
    pub fn ignoring_terminate(mut self) -> Self {
        self.payload.ignores_terminate = true;
        self
    }

    /// Starts so many processes that leave its group and session.
    #[must_use]
    pub fn with_grandchildren(mut self, grandchildren: u32) -> Self {
        self.payload.grandchildren = grandchildren;
        self
    }

    /// What is submitted.
    pub fn request(&self) -> Value {
        json!({ "kind": EFFECT_KIND, "payload": self.payload })
    }
}

/// What a line of the effects file tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectEvent {
    /// A run began.
    Start,
    /// It goes on; told every few milliseconds.
    Beat,
    /// It ended by itself.
    End,
}

/// One line of the effects file, written with a single append, so that the order of lines is the order of events on
/// the whole machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectLine {
    /// The job, by the label of its payload.
    pub label: String,
    /// The run: unique among all runs of all jobs.
    pub run: String,
    /// What happened.
    pub event: EffectEvent,
}
