//! The settings of the services, one struct per concern, from flags and environment.

mod auth;
mod database;
mod enrolling;
mod enrolment;
mod environment;
mod error;
mod http;
mod parse;
mod profiles;
mod quantum_espresso;
mod rate_limits;
mod redis;
mod retention;
mod service;
mod telemetry;
mod value;
mod variable;
mod worker;

pub use auth::{AuthMode, AuthSettings};
pub use database::DatabaseSettings;
pub use enrolling::EnrollingSettings;
pub use enrolment::EnrolmentSettings;
pub use environment::{AppEnvironment, EnvironmentSettings};
pub use error::{SettingError, Stop};
pub use http::HttpSettings;
pub use parse::{Settings, argument_or_variable, from_process, or_exit, parse, start_error};
pub use profiles::ProfileSettings;
pub use quantum_espresso::QuantumEspressoSettings;
pub use rate_limits::RateLimitSettings;
pub use redis::RedisSettings;
pub use retention::RetentionSettings;
pub use service::{ApiServiceSettings, WorkerServiceSettings};
pub use telemetry::{LogFormat, OtlpProtocol, TelemetrySettings};
pub use value::{List, Switch};
pub use variable::{Variable, variables};
pub use worker::WorkerSettings;
