//! Which jobs a list shows.

use std::fmt;
use std::str::FromStr;

use gantry_domain::{JobState, KindName, QueueName, UserId};
use serde::{Serialize, Serializer};

/// Which jobs a list shows; every field that is set narrows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct JobFilter {
    /// Only jobs in one of these states; in any when empty.
    #[serde(
        rename = "state",
        skip_serializing_if = "Vec::is_empty",
        serialize_with = "separated_by_commas"
    )]
    pub states: Vec<JobState>,
    /// Only jobs of this kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<KindName>,
    /// Only jobs in this queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueName>,
    /// Only jobs that carry this tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Only jobs of this person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<Submitter>,
    /// Only jobs whose last error carries this code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// How many items the page may hold; the API's own choice unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where to go on: the `next_cursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Someone who submits jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Submitter {
    /// Whoever asks; written `me`.
    Me,
    /// A certain person.
    User(UserId),
}

/// A text that names no submitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a user's id, or the word me")]
pub struct InvalidSubmitter;

impl FromStr for Submitter {
    type Err = InvalidSubmitter;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "me" => Ok(Self::Me),
            id => id.parse().map(Self::User).map_err(|_| InvalidSubmitter),
        }
    }
}

impl fmt::Display for Submitter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Me => formatter.write_str("me"),
            Self::User(id) => id.fmt(formatter),
        }
    }
}

impl Serialize for Submitter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn separated_by_commas<S: Serializer>(
    states: &[JobState],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let words: Vec<&str> = states.iter().map(|state| state.as_str()).collect();
    serializer.serialize_str(&words.join(","))
}
