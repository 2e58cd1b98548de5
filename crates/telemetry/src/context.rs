//! Carries a trace from one process to the next in the W3C form.

use std::collections::HashMap;

use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TraceContextExt;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The name of the W3C header, and of the field in messages between the services.
const TRACEPARENT: &str = "traceparent";

/// The ids of the span that this thread is in.
pub(crate) struct TraceIds {
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
}

/// The ids of the span that this thread has entered, if there is one.
pub(crate) fn current_trace_ids() -> Option<TraceIds> {
    let context = Context::current();
    let span = context.span();
    let ids = span.span_context();
    ids.is_valid().then(|| TraceIds {
        trace_id: ids.trace_id().to_string(),
        span_id: ids.span_id().to_string(),
    })
}

/// The current span as a W3C `traceparent`, to hand to whoever continues the work; `None` outside a span.
pub fn current_traceparent() -> Option<String> {
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&Span::current().context(), &mut carrier);
    carrier.remove(TRACEPARENT)
}

/// The trace id of the current span, 32 hexadecimal digits; `None` outside a span.
pub fn trace_id_of_current_span() -> Option<String> {
    let context = Span::current().context();
    let span = context.span();
    let ids = span.span_context();
    ids.is_valid().then(|| ids.trace_id().to_string())
}

/// Makes a span that has not been entered yet part of the trace that `traceparent` names.
///
/// A malformed `traceparent` is ignored, so the span begins a trace of its own.
pub fn continue_trace(span: &Span, traceparent: &str) {
    let carrier = HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
    let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier);
    if !parent.span().span_context().is_valid() {
        return;
    }
    if let Err(error) = span.set_parent(parent) {
        tracing::debug!(%error, "a trace could not be continued");
    }
}
