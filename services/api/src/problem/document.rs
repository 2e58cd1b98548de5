//! The problem document as it is sent.

use gantry_domain::JobId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::faults::Fault;

/// The media type of a problem document.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// What a failed request is answered with, RFC 9457.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// A name for this sort of problem: `urn:gantry:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The sort of problem in a few words; always the same for the same code.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time, and what to do.
    pub detail: String,
    /// A stable snake_case word for programs.
    pub code: &'static str,
    /// The request, as in the header `X-Request-Id`; for asking the operator.
    pub request_id: String,
    /// The W3C trace the request belongs to, 32 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// The job that stands in the way, where one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_id: Option<JobId>,
    /// Each single fault of the request, where it has a place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Fault>,
}
