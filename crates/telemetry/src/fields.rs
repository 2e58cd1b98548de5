//! The names of the fields that log lines, spans and error reports carry.

/// When the line was written, RFC 3339 in UTC with milliseconds.
pub const TIMESTAMP: &str = "timestamp";
/// Severity, from `ERROR` to `TRACE`.
pub const LEVEL: &str = "level";
/// The module that wrote the line.
pub const TARGET: &str = "target";
/// The sentence for the reader.
pub const MESSAGE: &str = "message";
/// The program that wrote the line, such as `gantry-api`.
pub const SERVICE: &str = "service";
/// W3C trace id, 32 hexadecimal digits.
pub const TRACE_ID: &str = "trace_id";
/// W3C span id, 16 hexadecimal digits.
pub const SPAN_ID: &str = "span_id";

/// The tenant whose data is touched.
pub const TENANT_ID: &str = "tenant_id";
/// The person or machine that asked.
pub const USER_ID: &str = "user_id";
/// The job.
pub const JOB_ID: &str = "job_id";
/// The job's kind.
pub const KIND: &str = "kind";
/// Which attempt of the job, from 1.
pub const ATTEMPT: &str = "attempt";
/// The HTTP request, as in `X-Request-Id`.
pub const REQUEST_ID: &str = "request_id";
/// The worker's name.
pub const WORKER: &str = "worker";

/// The fields that every line writes itself, whatever spans and events call theirs.
pub(crate) const RESERVED: [&str; 7] = [
    TIMESTAMP, LEVEL, TARGET, MESSAGE, SERVICE, TRACE_ID, SPAN_ID,
];

/// The span fields that an error report carries as tags.
pub(crate) const REPORTED: [&str; 7] = [
    TENANT_ID, USER_ID, JOB_ID, KIND, ATTEMPT, REQUEST_ID, WORKER,
];
