//! Which part of a stored log is read.

use serde::Serialize;

/// Which part of a stored log is read; the default is from the first line of the first attempt on.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct LogQuery {
    /// Only lines of this attempt, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// Only this many lines, counted from the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tail: Option<u32>,
    /// How many lines the page may hold; the API's own choice unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where to go on: the `next_cursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}
