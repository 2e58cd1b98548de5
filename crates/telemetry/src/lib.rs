//! Logs, traces and error reports, with every field name written once.

mod context;
mod error;
mod error_report;
pub mod fields;
mod json;
mod setup;
mod span_fields;
mod traces;

pub use context::{continue_trace, current_traceparent, trace_id_of_current_span};
pub use error::TelemetryError;
pub use setup::{TelemetryGuard, init, subscriber};
