//! Reports errors in Sentry's protocol, tagged with the trace and the job they belong to.

use std::sync::Arc;

use gantry_settings::{AppEnvironment, TelemetrySettings};
use secrecy::{ExposeSecret, SecretString};
use sentry::protocol::{Event, Request};
use sentry::types::Dsn;
use sentry::{ClientInitGuard, ClientOptions, MaxRequestBodySize};
use serde_json::Value;

use crate::context::current_trace_ids;
use crate::error::TelemetryError;
use crate::fields;
use crate::span_fields::fields_of_current_span;

/// Starts the reporter when `SENTRY_DSN` is set; reports end when the guard is dropped.
pub(crate) fn start(
    service: &'static str,
    environment: AppEnvironment,
    settings: &TelemetrySettings,
) -> Result<Option<ClientInitGuard>, TelemetryError> {
    let Some(dsn) = &settings.sentry_dsn else {
        return Ok(None);
    };
    let mut options = ClientOptions::new()
        .release(format!("{service}@{}", env!("CARGO_PKG_VERSION")))
        .environment(environment.to_string())
        // Read by the reporter, a body would pass the API's own limits of size and time, and it is the customer's.
        .max_request_body_size(MaxRequestBodySize::None);
    options.dsn = Some(parsed(dsn)?);
    options.before_send = Some(Arc::new(|event| Some(tagged(without_contents(event)))));
    Ok(Some(sentry::init(options)))
}

fn parsed(dsn: &SecretString) -> Result<Dsn, TelemetryError> {
    dsn.expose_secret()
        .parse()
        .map_err(|_| TelemetryError::SentryDsn)
}

/// The event without what the sender of a request wrote: of a request only its method and path are reported, since headers,
/// query and body may hold credentials and are the customer's.
fn without_contents(mut event: Event<'static>) -> Event<'static> {
    event.request = event.request.map(|request| Request {
        method: request.method,
        url: request.url.map(|mut url| {
            url.set_query(None);
            url
        }),
        ..Request::default()
    });
    event
}

/// The event with the ids by which its log lines and trace are found.
fn tagged(mut event: Event<'static>) -> Event<'static> {
    if let Some(trace) = current_trace_ids() {
        event
            .tags
            .insert(fields::TRACE_ID.to_owned(), trace.trace_id);
    }
    let known = fields_of_current_span();
    for name in fields::REPORTED {
        if let Some(value) = known.get(name) {
            event.tags.insert(name.to_owned(), as_tag(value));
        }
    }
    event
}

fn as_tag(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
