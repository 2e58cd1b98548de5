//! How a line of a command's output becomes a progress report.

use regex::Regex;
use serde_json::{Map, Number, Value};

use super::KindsFileError;

const FIELD: &str = "progress_pattern";

/// A regular expression whose named groups become the fields of the progress, for instance `percent` and `message`.
#[derive(Debug, Clone)]
pub struct ProgressPattern {
    pattern: Regex,
}

impl ProgressPattern {
    pub(super) fn new(pattern: &str) -> Result<Self, KindsFileError> {
        let pattern = Regex::new(pattern).map_err(|error| {
            KindsFileError::of_field(FIELD, format!("is not a regular expression: {error}"))
        })?;
        if pattern.capture_names().flatten().next().is_none() {
            let problem =
                "has no named group; name what it finds, for instance (?<percent>[0-9]+)%";
            return Err(KindsFileError::of_field(FIELD, problem));
        }
        Ok(Self { pattern })
    }

    /// The progress that a line tells: an object with one field per named group that took part in the match, numbers
    /// as numbers.
    pub fn progress_in(&self, line: &str) -> Option<Value> {
        let found = self.pattern.captures(line)?;
        let fields: Map<String, Value> = self
            .pattern
            .capture_names()
            .flatten()
            .filter_map(|name| Some((name.to_owned(), value_of(found.name(name)?.as_str()))))
            .collect();
        (!fields.is_empty()).then_some(Value::Object(fields))
    }
}

fn value_of(text: &str) -> Value {
    let whole = text.parse::<i64>().ok().map(Number::from);
    let number = whole.or_else(|| text.parse().ok().and_then(Number::from_f64));
    number.map_or_else(|| Value::from(text), Value::Number)
}
