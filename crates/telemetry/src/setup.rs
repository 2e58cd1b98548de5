//! Puts logs, traces and error reports together, once per process.

use std::io::{IsTerminal, stdout};
use std::time::Duration;

use gantry_settings::{AppEnvironment, LogFormat, TelemetrySettings};
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use sentry::ClientInitGuard;
use sentry_tracing::{BreadcrumbLayer, ErrorLayer};
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{EnvFilter, FilterExt, FilterFn, LevelFilter, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::error::TelemetryError;
use crate::error_report;
use crate::json::JsonLayer;
use crate::span_fields::SpanFieldsLayer;
use crate::traces::tracer_provider;

/// How long the end of the process waits for the last traces to be accepted.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// Sends what is still waiting, traces and error reports, when it is dropped at the end of `main`.
#[must_use = "telemetry ends when the guard is dropped"]
pub struct TelemetryGuard {
    provider: SdkTracerProvider,
    _error_reports: Option<ClientInitGuard>,
}

impl Drop for TelemetryGuard {
    fn drop(&mut self) {
        if let Err(error) = self.provider.shutdown_with_timeout(FLUSH_TIMEOUT) {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

/// Sets up logging to standard output, tracing and error reports for the whole process.
///
/// Call it first thing in `main`, before the runtime starts; works with nothing configured.
///
/// # Errors
/// A setting that cannot be used, or a second call in the same process.
pub fn init(
    service: &'static str,
    environment: AppEnvironment,
    settings: &TelemetrySettings,
) -> Result<TelemetryGuard, TelemetryError> {
    let (subscriber, guard) = subscriber(service, environment, settings, stdout)?;
    subscriber.try_init()?;
    Ok(guard)
}

/// What [`init`] installs, for a writer of the caller's choice and not yet installed.
///
/// # Errors
/// A setting that cannot be used.
pub fn subscriber<W>(
    service: &'static str,
    environment: AppEnvironment,
    settings: &TelemetrySettings,
    make_writer: W,
) -> Result<(impl Subscriber + Send + Sync + use<W>, TelemetryGuard), TelemetryError>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let directives = EnvFilter::builder().parse(&settings.log_directives)?;
    let provider = tracer_provider(service, settings)?;
    let error_reports = error_report::start(service, environment, settings)?;
    let reporting = error_reports.is_some();

    let log = match settings.log_format(environment) {
        LogFormat::Json => JsonLayer::new(service, make_writer).boxed(),
        LogFormat::Pretty => pretty(make_writer).boxed(),
    };
    // Without what nobody asks of these spans: every request pays for it.
    let traces = tracing_opentelemetry::layer()
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_tracer(provider.tracer(service));
    let subscriber = tracing_subscriber::registry()
        .with(SpanFieldsLayer.with_filter(spans()))
        .with(traces.with_filter(LevelFilter::INFO))
        .with(log.with_filter(directives.or(spans())))
        .with(reporting.then(|| BreadcrumbLayer::new().with_filter(filter_fn(is_breadcrumb))))
        .with(reporting.then(|| ErrorLayer::new().with_filter(filter_fn(is_reported))));
    let guard = TelemetryGuard {
        provider,
        _error_reports: error_reports,
    };
    Ok((subscriber, guard))
}

/// Lines for a terminal.
fn pretty<S, W>(make_writer: W) -> impl Layer<S> + Send + Sync
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    tracing_subscriber::fmt::layer()
        .compact()
        .with_ansi(stdout().is_terminal())
        .with_writer(make_writer)
}

/// Spans are kept whatever `RUST_LOG` says: a warning must carry its job's id, and a job its trace.
fn spans() -> FilterFn {
    let is_kept: fn(&Metadata<'_>) -> bool =
        |metadata| metadata.is_span() && *metadata.level() <= Level::INFO;
    FilterFn::new(is_kept).with_max_level_hint(LevelFilter::INFO)
}

fn is_breadcrumb(metadata: &Metadata<'_>) -> bool {
    metadata.is_event() && matches!(*metadata.level(), Level::WARN | Level::INFO)
}

/// Errors of ours: the exporters' own complaints would report themselves for ever, and those about broken HTTP are the
/// client's.
fn is_reported(metadata: &Metadata<'_>) -> bool {
    let own_machinery = ["opentelemetry", "sentry", "reqwest", "hyper", "actix_http"];
    metadata.is_event()
        && *metadata.level() == Level::ERROR
        && !own_machinery
            .iter()
            .any(|prefix| metadata.target().starts_with(prefix))
}
