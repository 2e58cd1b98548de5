//! The names of kinds, queues, schedules and cohorts, checked once where they enter.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A text that is no valid name of its sort.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {what} name: expected {expected}")]
pub struct InvalidName {
    /// `kind`, `queue`, `schedule` or `cohort`.
    pub what: &'static str,
    /// What a valid one looks like.
    pub expected: &'static str,
}

macro_rules! name {
    (
        $(#[$meta:meta])*
        $name:ident, $what:literal, $valid:path, $pattern:literal, $limit_characters:literal, $expected:literal
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some($pattern))
                    .max_length(Some($limit_characters))
                    .description(Some(concat!("A ", $what, "'s name: ", $expected, ".")))
                    .into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::try_from(text.to_owned())
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                if $valid(&text) {
                    Ok(Self(text))
                } else {
                    Err(InvalidName { what: $what, expected: $expected })
                }
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.pad(&self.0)
            }
        }
    };
}

name! {
    /// The name of a job kind, for instance `qe.relax.v1`: at least two parts of lower-case letters, digits and
    /// underscores, joined by dots, 100 characters at most.
    KindName, "kind", is_kind_name, r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$", 100,
    "two or more parts of a-z, 0-9 and _ joined by dots, starting with a letter, at most 100 characters"
}

name! {
    /// The name of a cohort of people, for instance `beta-2026`: letters, digits, `.`, `-` and `_`, 64 characters at most.
    CohortName, "cohort", is_cohort_name, "^[A-Za-z0-9._-]+$", 64,
    "A-Z, a-z, 0-9, ., - and _, at most 64 characters"
}

name! {
    /// The name of a queue, for instance `default`: lower-case letters, digits, `-` and `_`, 63 characters at most.
    QueueName, "queue", is_queue_name, "^[a-z][a-z0-9_-]*$", 63,
    "a-z, 0-9, - and _, starting with a letter, at most 63 characters"
}

name! {
    /// The name of a schedule, for instance `nightly-report`: lower-case letters, digits, `.`, `-` and `_`, 100 characters
    /// at most.
    ScheduleName, "schedule", is_schedule_name, r"^[a-z][a-z0-9._-]*$", 100,
    "a-z, 0-9, ., - and _, starting with a letter, at most 100 characters"
}

fn is_kind_name(text: &str) -> bool {
    let parts_are_words = text.split('.').all(|part| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
    });
    text.len() <= 100
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.contains('.')
        && parts_are_words
}

fn is_queue_name(text: &str) -> bool {
    text.len() <= 63
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
}

fn is_schedule_name(text: &str) -> bool {
    text.len() <= 100
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_'))
}

fn is_cohort_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}
