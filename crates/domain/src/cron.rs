//! Cron expressions of five fields, and the local times they name.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDateTime};
use croner::parser::CronParser;
use serde::{Deserialize, Serialize};

/// How long a cron expression may be, in characters; a longer one is refused.
pub const CRON_LIMIT_CHARACTERS: usize = 200;

/// A text that is no cron expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCron {
    /// It has more or fewer than five fields.
    #[error(
        "must be five fields (minute, hour, day of month, month, day of week), for instance `30 2 * * MON-FRI`, but has {0}"
    )]
    FieldCount(usize),
    /// It is longer than [`CRON_LIMIT_CHARACTERS`].
    #[error("must be at most {CRON_LIMIT_CHARACTERS} characters long")]
    TooLong,
    /// One of its fields cannot be read.
    #[error(
        "its {field} field must be {expected}, written as a number, a range `a-b`, a list `a,b`, `*` or a step `*/n`"
    )]
    Field {
        /// Which field.
        field: &'static str,
        /// What may stand there.
        expected: &'static str,
    },
    /// Every field can be read, but no date fits them all.
    #[error("names a date that never comes, such as 30 February")]
    NeverDue,
}

/// A field: what it is called, what may stand in it, and the names its numbers go by.
struct Field {
    name: &'static str,
    expected: &'static str,
    names: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field {
        name: "minute",
        expected: "0-59",
        names: &[],
    },
    Field {
        name: "hour",
        expected: "0-23",
        names: &[],
    },
    Field {
        name: "day of month",
        expected: "1-31",
        names: &[],
    },
    Field {
        name: "month",
        expected: "1-12 or JAN-DEC",
        names: &[
            "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
        ],
    },
    Field {
        name: "day of week",
        expected: "0-7 or SUN-SAT",
        names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
    },
];

/// A cron expression of five fields: minute, hour, day of month, month, day of week.
///
/// Where both days are restricted, either is enough. Months and days of the week may be named by three letters; Sunday is
/// 0 and 7.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cron {
    text: String,
    expression: croner::Cron,
}

impl Cron {
    /// The expression, with one space between its fields.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether every hour of the day may hold a tick: then ticks follow the time that passes, not the clock on the wall.
    pub(crate) fn is_due_every_hour(&self) -> bool {
        self.expression.pattern.hours.values().len() == 24
    }

    /// The first local time it names at `from` or later.
    pub(crate) fn first_local_at(&self, from: NaiveDateTime) -> Option<NaiveDateTime> {
        self.expression.find_next_occurrence(&from, true).ok()
    }

    /// The first local time it names later than `after`.
    pub(crate) fn first_local_after(&self, after: NaiveDateTime) -> Option<NaiveDateTime> {
        self.expression.find_next_occurrence(&after, false).ok()
    }

    /// The first moment later than `after` at which the clock shows a time that it names.
    pub(crate) fn first_shown_after(
        &self,
        after: &DateTime<chrono_tz::Tz>,
    ) -> Option<DateTime<chrono_tz::Tz>> {
        self.expression.find_next_occurrence(after, false).ok()
    }
}

impl FromStr for Cron {
    type Err = InvalidCron;

    fn from_str(text: &str) -> Result<Self, InvalidCron> {
        if text.chars().nth(CRON_LIMIT_CHARACTERS).is_some() {
            return Err(InvalidCron::TooLong);
        }
        let fields: Vec<&str> = text.split_whitespace().collect();
        if fields.len() != FIELDS.len() {
            return Err(InvalidCron::FieldCount(fields.len()));
        }
        if let Some(refused) =
            (0..FIELDS.len()).find(|&position| !is_field(fields[position], position))
        {
            let Field {
                name: field,
                expected,
                ..
            } = FIELDS[refused];
            return Err(InvalidCron::Field { field, expected });
        }
        let text = fields.join(" ");
        let expression = CronParser::new()
            .parse(&text)
            .map_err(|_| InvalidCron::NeverDue)?;
        let cron = Self { text, expression };
        // Which moment the search starts from does not matter, because the calendar repeats.
        match cron.first_local_at(DateTime::UNIX_EPOCH.naive_utc()) {
            Some(_) => Ok(cron),
            None => Err(InvalidCron::NeverDue),
        }
    }
}

impl TryFrom<String> for Cron {
    type Error = InvalidCron;

    fn try_from(text: String) -> Result<Self, InvalidCron> {
        text.parse()
    }
}

impl From<Cron> for String {
    fn from(cron: Cron) -> Self {
        cron.text
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Cron {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .max_length(Some(CRON_LIMIT_CHARACTERS))
            .examples(["30 2 * * MON-FRI"])
            .description(Some(
                "Five fields: minute, hour, day of month, month, day of week; each a number, a range a-b, a list a,b, * \
                 or a step */n. Where both days are restricted, either is enough.",
            ))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Cron {}

impl fmt::Display for Cron {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.text)
    }
}

/// Whether `text` can stand at `position`. The library knows more signs than these; they differ from one cron to another.
fn is_field(text: &str, position: usize) -> bool {
    let is_plain = text
        .chars()
        .all(|sign| sign.is_ascii_alphanumeric() || matches!(sign, '*' | ',' | '-' | '/'));
    let words_are_names = text
        .split(|sign: char| !sign.is_ascii_alphabetic())
        .filter(|word| !word.is_empty())
        .all(|word| {
            FIELDS[position]
                .names
                .iter()
                .any(|name| name.eq_ignore_ascii_case(word))
        });
    let has_empty_item = text.split(',').any(str::is_empty);
    let mut alone = ["*"; FIELDS.len()];
    alone[position] = text;
    is_plain
        && words_are_names
        && !has_empty_item
        && CronParser::new().parse(&alone.join(" ")).is_ok()
}
