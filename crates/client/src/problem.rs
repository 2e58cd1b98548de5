//! The API's own words for a refusal: a problem document as in RFC 9457.

use std::fmt;

use gantry_domain::JobId;
use serde::{Deserialize, Serialize};

/// The API's own words for a refusal: a problem document as in RFC 9457.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A URI that names the sort of problem.
    #[serde(rename = "type", default = "about_blank")]
    pub problem_type: String,
    /// The sort of problem in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time.
    #[serde(default)]
    pub detail: Option<String>,
    /// A stable snake_case word for programs.
    #[serde(default)]
    pub code: Option<String>,
    /// The request's id, to be named when asking an operator for help.
    #[serde(default)]
    pub request_id: Option<String>,
    /// The W3C trace of the request, 32 hexadecimal digits.
    #[serde(default)]
    pub trace_id: Option<String>,
    /// The job that stands in the way, where one does.
    #[serde(default)]
    pub job_id: Option<JobId>,
    /// Every fault found in the request.
    #[serde(default)]
    pub errors: Vec<FieldFault>,
}

/// One fault in a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldFault {
    /// Where, for instance `jobs[3].payload.name`; the name of a parameter in a query.
    pub path: String,
    /// What is wrong there.
    pub message: String,
}

/// The type RFC 9457 gives to a problem that names none.
fn about_blank() -> String {
    "about:blank".to_owned()
}

impl std::error::Error for Problem {}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What happened this time says all that the title says; of faults that are listed the title says enough.
        let words = match &self.detail {
            Some(detail) if self.errors.is_empty() => detail,
            _ => &self.title,
        };
        write!(formatter, "the API answered {}: {words}", self.status)
    }
}
