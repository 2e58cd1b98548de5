//! Why telemetry cannot be set up, as the line that stops the start.

use thiserror::Error;

/// Telemetry that cannot be set up as the settings ask.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// `RUST_LOG` is not a list of filter directives.
    #[error("RUST_LOG must list directives such as info or warn,gantry_worker=debug: {0}")]
    LogDirectives(#[from] tracing_subscriber::filter::ParseError),
    /// The trace exporter cannot be made.
    #[error("OTEL_EXPORTER_OTLP_ENDPOINT cannot be used: {0}")]
    TraceExporter(#[from] opentelemetry_otlp::ExporterBuildError),
    /// `SENTRY_DSN` is not a DSN; the reason is left out because it could repeat the key.
    #[error("SENTRY_DSN must be a DSN such as https://key@errors.example.com/1")]
    SentryDsn,
    /// Something in this process has set up logging before.
    #[error("logging is set up already in this process")]
    AlreadySetUp(#[from] tracing_subscriber::util::TryInitError),
}
