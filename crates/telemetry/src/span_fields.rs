//! Keeps the fields of each span as JSON values, for the log lines and error reports written inside it.

use std::fmt;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Span, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

/// Fields by name.
pub(crate) type Fields = Map<String, Value>;

/// What one span has recorded so far.
struct SpanFields(Fields);

/// Stores the fields of every span it is shown.
pub(crate) struct SpanFieldsLayer;

impl<S> Layer<S> for SpanFieldsLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut collector = FieldCollector::default();
        attributes.record(&mut collector);
        span.extensions_mut().insert(SpanFields(collector.fields));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut collector = FieldCollector::default();
        values.record(&mut collector);
        if let Some(known) = span.extensions_mut().get_mut::<SpanFields>() {
            known.0.extend(collector.fields);
        }
    }
}

/// The fields of a span and all spans around it; the inner one wins.
pub(crate) fn fields_in_scope<'a, S>(span: SpanRef<'a, S>) -> Fields
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    let mut fields = Fields::new();
    for span in span.scope().from_root() {
        if let Some(known) = span.extensions().get::<SpanFields>() {
            fields.extend(known.0.clone());
        }
    }
    fields
}

/// The fields of the span that this thread is in.
pub(crate) fn fields_of_current_span() -> Fields {
    let in_registry = |(id, dispatch): (&Id, &Dispatch)| {
        let registry = dispatch.downcast_ref::<Registry>()?;
        registry.span(id).map(fields_in_scope)
    };
    Span::current()
        .with_subscriber(in_registry)
        .flatten()
        .unwrap_or_default()
}

/// Turns recorded values into JSON values.
#[derive(Default)]
pub(crate) struct FieldCollector {
    pub(crate) fields: Fields,
}

impl FieldCollector {
    fn insert(&mut self, field: &Field, value: impl Into<Value>) {
        self.fields.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for FieldCollector {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.insert(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.insert(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.insert(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.insert(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.insert(field, format!("{value:?}"));
    }
}
