//! The single faults of a request: where each is, what is wrong with it, and how many are told.

use std::fmt;

use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::ApiError;

/// How many faults of one request are told; looking for more ends there.
pub const FAULT_LIMIT: usize = 50;
/// How long a fault's message or path may be, in characters; the rest is cut off.
const TEXT_LIMIT_CHARACTERS: usize = 300;

/// One thing wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// Where it is, for instance `jobs[3].payload.steps[0].name`; the name of a query parameter in a query.
    pub path: String,
    /// What is wrong and what would be right; never repeats a value.
    pub message: String,
}

/// A place in a JSON body, written `jobs[3].payload.name`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Path(String);

impl Path {
    /// The body itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// A field of the object at this place.
    pub fn field(&self, name: &str) -> Self {
        let is_plain = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$'));
        if !is_plain {
            let name = serde_json::Value::from(shortened(name));
            return Self(format!("{}[{name}]", self.0));
        }
        let name = shortened(name);
        if self.0.is_empty() {
            return Self(name);
        }
        Self(format!("{}.{name}", self.0))
    }

    /// An item of the array at this place.
    pub fn item(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return formatter.write_str("body");
        }
        formatter.write_str(&self.0)
    }
}

/// The faults found so far, at most [`FAULT_LIMIT`].
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Writes a fault down, unless enough are known.
    pub fn add(&mut self, path: impl fmt::Display, message: impl AsRef<str>) {
        if !self.is_full() {
            self.0.push(Fault {
                path: shortened(&path.to_string()),
                message: shortened(message.as_ref()),
            });
        }
    }

    /// Takes over the faults of another search.
    pub fn extend(&mut self, found: Self) {
        let room = FAULT_LIMIT.saturating_sub(self.0.len());
        self.0.extend(found.0.into_iter().take(room));
    }

    /// Whether looking for more is of no use.
    pub fn is_full(&self) -> bool {
        self.0.len() >= FAULT_LIMIT
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Nothing, or the error that lists the faults.
    ///
    /// # Errors
    /// [`ApiError::InvalidRequest`] when there is any fault.
    pub fn into_result(self) -> Result<(), ApiError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(ApiError::InvalidRequest(self.0))
        }
    }

    /// The faults by value.
    pub fn into_vec(self) -> Vec<Fault> {
        self.0
    }
}

fn shortened(text: &str) -> String {
    if text.chars().nth(TEXT_LIMIT_CHARACTERS).is_none() {
        return text.to_owned();
    }
    let mut start: String = text.chars().take(TEXT_LIMIT_CHARACTERS).collect();
    start.push('…');
    start
}
