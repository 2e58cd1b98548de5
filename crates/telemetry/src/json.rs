//! Writes every event as one line of JSON that carries its trace and the fields of the spans around it.

use std::io::Write;

use chrono::{SecondsFormat, Utc};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use crate::context::{TraceIds, current_trace_ids};
use crate::fields;
use crate::span_fields::{FieldCollector, Fields, fields_in_scope};

/// The layer that writes the lines.
pub(crate) struct JsonLayer<W> {
    service: &'static str,
    make_writer: W,
}

impl<W> JsonLayer<W> {
    /// Lines of `service`, each written by one call to a writer of its own.
    pub(crate) fn new(service: &'static str, make_writer: W) -> Self {
        Self {
            service,
            make_writer,
        }
    }
}

impl<S, W> Layer<S> for JsonLayer<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'writer> MakeWriter<'writer> + 'static,
{
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = context
            .event_span(event)
            .map(fields_in_scope)
            .unwrap_or_default();
        let mut collector = FieldCollector::default();
        event.record(&mut collector);
        fields.extend(collector.fields);

        let line = Line {
            metadata: event.metadata(),
            service: self.service,
            trace: current_trace_ids(),
            fields,
        };
        let Ok(mut bytes) = serde_json::to_vec(&line) else {
            return;
        };
        bytes.push(b'\n');
        // A log that cannot be written has nowhere to complain to.
        let _ = self
            .make_writer
            .make_writer_for(line.metadata)
            .write_all(&bytes);
    }
}

struct Line {
    metadata: &'static Metadata<'static>,
    service: &'static str,
    trace: Option<TraceIds>,
    fields: Fields,
}

impl Serialize for Line {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let now = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry(fields::TIMESTAMP, &now)?;
        line.serialize_entry(fields::LEVEL, self.metadata.level().as_str())?;
        line.serialize_entry(fields::SERVICE, self.service)?;
        line.serialize_entry(fields::TARGET, self.metadata.target())?;
        let message = self.fields.get(fields::MESSAGE);
        line.serialize_entry(
            fields::MESSAGE,
            message.unwrap_or(&Value::String(String::new())),
        )?;
        if let Some(trace) = &self.trace {
            line.serialize_entry(fields::TRACE_ID, &trace.trace_id)?;
            line.serialize_entry(fields::SPAN_ID, &trace.span_id)?;
        }
        for (name, value) in &self.fields {
            if !fields::RESERVED.contains(&name.as_str()) {
                line.serialize_entry(name, value)?;
            }
        }
        line.end()
    }
}
