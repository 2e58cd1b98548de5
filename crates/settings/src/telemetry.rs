//! How logs are written and where traces and error reports go.

use clap::{Args, ValueEnum};
use secrecy::SecretString;
use url::Url;

use crate::environment::AppEnvironment;
use crate::value::{Unusable, header_list, text};

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people at a terminal.
    Pretty,
    /// One JSON object a line, for machines.
    Json,
}

/// How traces travel to the collector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OtlpProtocol {
    /// Protocol buffers over HTTP, usually port 4318.
    #[value(name = "http/protobuf")]
    HttpProtobuf,
}

/// Logs, traces and error reports.
#[derive(Debug, Clone, Args)]
pub struct TelemetrySettings {
    /// How log lines look; json in production and pretty elsewhere when unset
    #[arg(
        id = "log-format",
        long,
        env = "GANTRY_LOG_FORMAT",
        value_name = "FORMAT",
        value_enum
    )]
    log_format: Option<LogFormat>,

    /// Which log lines are written, such as info or warn,gantry_worker=debug
    #[arg(
        id = "rust-log", long, env = "RUST_LOG", value_name = "DIRECTIVES",
        default_value = "info", value_parser = text
    )]
    pub log_directives: String,

    /// Where errors are reported in Sentry's protocol; nowhere when unset
    #[arg(
        id = "sentry-dsn", long, env = "SENTRY_DSN", hide_env_values = true, value_name = "DSN",
        value_parser = sentry_dsn
    )]
    pub sentry_dsn: Option<SecretString>,

    /// Base URL of an OpenTelemetry collector; traces stay in the process when unset
    #[arg(
        id = "otel-exporter-otlp-endpoint", long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL",
        value_parser = collector_url
    )]
    pub otlp_endpoint: Option<Url>,

    /// Headers sent to the collector, as name=value separated by commas
    #[arg(
        id = "otel-exporter-otlp-headers", long, env = "OTEL_EXPORTER_OTLP_HEADERS", hide_env_values = true,
        value_name = "HEADERS", value_parser = header_list
    )]
    pub otlp_headers: Option<SecretString>,

    /// Protocol spoken with the collector
    #[arg(
        id = "otel-exporter-otlp-protocol",
        long,
        env = "OTEL_EXPORTER_OTLP_PROTOCOL",
        value_name = "PROTOCOL",
        default_value = "http/protobuf",
        value_enum
    )]
    pub otlp_protocol: OtlpProtocol,

    /// Name of this service in traces; the program's name when unset
    #[arg(
        id = "otel-service-name", long, env = "OTEL_SERVICE_NAME", value_name = "NAME", value_parser = text
    )]
    pub otel_service_name: Option<String>,
}

impl TelemetrySettings {
    /// The log format: the one given, else json in production and pretty elsewhere.
    pub fn log_format(&self, environment: AppEnvironment) -> LogFormat {
        self.log_format.unwrap_or(if environment.is_production() {
            LogFormat::Json
        } else {
            LogFormat::Pretty
        })
    }
}

fn sentry_dsn(text: &str) -> Result<SecretString, Unusable> {
    let is_dsn = Url::parse(text).is_ok_and(|url| {
        let project = url.path_segments().and_then(|mut parts| parts.next_back());
        matches!(url.scheme(), "http" | "https")
            && !url.username().is_empty()
            && project.is_some_and(|id| !id.is_empty())
    });
    if !is_dsn {
        return Err(Unusable(
            "must be a DSN such as https://key@errors.example.com/1, or unset".to_owned(),
        ));
    }
    Ok(SecretString::from(text))
}

fn collector_url(text: &str) -> Result<Url, Unusable> {
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .filter(|url| url.username().is_empty() && url.password().is_none())
        .ok_or_else(|| {
            Unusable(
                "must be an http or https URL such as http://127.0.0.1:4318; tokens belong in OTEL_EXPORTER_OTLP_HEADERS"
                    .to_owned(),
            )
        })
}
