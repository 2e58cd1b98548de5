//! What can be wrong with an input, its emission or a result file, in words for the person who reads it.

use serde::Serialize;

/// At most this many faults are reported for one input; reading stops there.
pub const FAULT_LIMIT: usize = 50;

/// One thing wrong with an input text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InputFault {
    /// The key (`system.ecutwfc`, `system.celldm(3)`), namelist (`&CONTROL`) or place in a card
    /// (`ATOMIC_POSITIONS line 14`) that is at fault.
    pub path: String,
    /// What is wrong and what would be right.
    pub message: String,
}

/// Everything found wrong with an input text, at most [`FAULT_LIMIT`] faults and at least one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the pw.x input is not accepted: {}", summary(.0))]
pub struct InputFaults(Vec<InputFault>);

impl InputFaults {
    /// The faults in the order in which they were found.
    pub fn faults(&self) -> &[InputFault] {
        &self.0
    }

    /// The faults by value.
    pub fn into_faults(self) -> Vec<InputFault> {
        self.0
    }
}

fn summary(faults: &[InputFault]) -> String {
    let listed: Vec<String> = faults
        .iter()
        .map(|fault| format!("{}: {}", fault.path, fault.message))
        .collect();
    listed.join("; ")
}

/// Collects faults while an input is read, up to [`FAULT_LIMIT`].
#[derive(Debug, Default)]
pub(crate) struct FaultCollector(Vec<InputFault>);

impl FaultCollector {
    pub(crate) fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        if !self.is_full() {
            self.0.push(InputFault {
                path: path.into(),
                message: message.into(),
            });
        }
    }

    pub(crate) fn mentions(&self, path: &str) -> bool {
        self.0.iter().any(|fault| fault.path == path)
    }

    pub(crate) fn is_full(&self) -> bool {
        self.0.len() >= FAULT_LIMIT
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn into_error(self) -> InputFaults {
        InputFaults(self.0)
    }
}

/// A piece of user text for a message: at most 40 characters, control characters escaped.
pub(crate) fn shortened(text: &str) -> String {
    const SHOWN_CHARACTERS: usize = 40;
    let shown: String = text.chars().take(SHOWN_CHARACTERS).collect();
    let ellipsis = if shown.len() < text.len() { "…" } else { "" };
    format!("{}{ellipsis}", shown.escape_debug())
}

/// [`shortened`], in quotes.
pub(crate) fn quoted(text: &str) -> String {
    format!("`{}`", shortened(text))
}

/// A run setting that cannot be written into an input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the run setting {setting} cannot be written into a pw.x input: use 1 to {limit_bytes} printable ASCII characters without quotes"
)]
pub struct EmissionError {
    /// The setting: `pseudo_dir`, `outdir` or `prefix`.
    pub setting: &'static str,
    /// How long the setting may be.
    pub limit_bytes: usize,
}

/// A result file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResultError {
    /// pw.x was killed while it wrote: the scratch folder cannot be restarted from either.
    #[error(
        "data-file-schema.xml is cut short (no closing </qes:espresso>): wipe the scratch folder and start again"
    )]
    Truncated,
    /// Larger than [`crate::RESULT_FILE_LIMIT_BYTES`].
    #[error("data-file-schema.xml is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The limit that was passed.
        limit_bytes: usize,
    },
    /// Not well-formed XML.
    #[error("data-file-schema.xml is not well-formed XML: {0}")]
    Malformed(String),
    /// An element that a result must have is not there.
    #[error("data-file-schema.xml has no {0}")]
    Missing(&'static str),
    /// An element does not hold what its name says.
    #[error("data-file-schema.xml: {path} does not hold finite numbers of the expected count")]
    NotNumbers {
        /// The element, as a path below the root.
        path: String,
    },
}
