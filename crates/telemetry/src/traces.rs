//! Gives every span a real trace id, and exports the spans when a collector is configured.

use std::collections::HashMap;
use std::time::Duration;

use gantry_settings::TelemetrySettings;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::error::TelemetryError;

/// How long the collector may take to accept one batch.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(10);

/// The provider of trace ids; it exports only when `OTEL_EXPORTER_OTLP_ENDPOINT` is set.
pub(crate) fn tracer_provider(
    service: &'static str,
    settings: &TelemetrySettings,
) -> Result<SdkTracerProvider, TelemetryError> {
    let name = settings
        .otel_service_name
        .clone()
        .unwrap_or_else(|| service.to_owned());
    let resource = Resource::builder().with_service_name(name).build();
    let mut provider = SdkTracerProvider::builder().with_resource(resource);
    if let Some(endpoint) = &settings.otlp_endpoint {
        provider = provider.with_batch_exporter(exporter(endpoint, settings)?);
    }
    Ok(provider.build())
}

fn exporter(endpoint: &Url, settings: &TelemetrySettings) -> Result<SpanExporter, TelemetryError> {
    let headers = settings.otlp_headers.as_ref().map(headers);
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(traces_endpoint(endpoint))
        .with_timeout(EXPORT_TIMEOUT)
        .with_headers(headers.unwrap_or_default())
        .build()?;
    Ok(exporter)
}

/// The collector's base URL with the path that the protocol prescribes for traces.
fn traces_endpoint(endpoint: &Url) -> String {
    format!("{}/v1/traces", endpoint.as_str().trim_end_matches('/'))
}

/// `name=value` pairs separated by commas, values percent-decoded, as the OpenTelemetry specification has them.
fn headers(list: &SecretString) -> HashMap<String, String> {
    list.expose_secret()
        .split(',')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| {
            let value = percent_decode_str(value.trim()).decode_utf8_lossy();
            (name.trim().to_owned(), value.into_owned())
        })
        .collect()
}
