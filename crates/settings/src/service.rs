//! All settings of each of the two services.

use clap::Args;

use crate::auth::AuthSettings;
use crate::database::DatabaseSettings;
use crate::enrolment::EnrolmentSettings;
use crate::environment::EnvironmentSettings;
use crate::error::SettingError;
use crate::http::HttpSettings;
use crate::parse::Settings;
use crate::profiles::ProfileSettings;
use crate::quantum_espresso::QuantumEspressoSettings;
use crate::rate_limits::RateLimitSettings;
use crate::redis::RedisSettings;
use crate::retention::RetentionSettings;
use crate::telemetry::TelemetrySettings;
use crate::worker::WorkerSettings;

/// What `gantry-api` reads.
#[derive(Debug, Clone, Args)]
pub struct ApiServiceSettings {
    /// Which kind of installation this is.
    #[command(flatten)]
    pub environment: EnvironmentSettings,
    /// The connection to Postgres.
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// The connection to Redis.
    #[command(flatten)]
    pub redis: RedisSettings,
    /// The HTTP side.
    #[command(flatten)]
    pub http: HttpSettings,
    /// How many requests are answered.
    #[command(flatten)]
    pub rate_limits: RateLimitSettings,
    /// Identity.
    #[command(flatten)]
    pub auth: AuthSettings,
    /// The profiles of people who sign up.
    #[command(flatten)]
    pub profiles: ProfileSettings,
    /// Where machines of tenants' own reach Postgres and Redis.
    #[command(flatten)]
    pub enrolment: EnrolmentSettings,
    /// Logs, traces and error reports.
    #[command(flatten)]
    pub telemetry: TelemetrySettings,
}

impl Settings for ApiServiceSettings {
    fn check(&self) -> Result<(), SettingError> {
        self.enrolment.check()?;
        self.auth.check(self.environment.app_env)
    }
}

/// What `gantry-worker` reads.
#[derive(Debug, Clone, Args)]
pub struct WorkerServiceSettings {
    /// Which kind of installation this is.
    #[command(flatten)]
    pub environment: EnvironmentSettings,
    /// The connection to Postgres.
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// The connection to Redis.
    #[command(flatten)]
    pub redis: RedisSettings,
    /// What the worker takes on.
    #[command(flatten)]
    pub worker: WorkerSettings,
    /// Where Quantum ESPRESSO is.
    #[command(flatten)]
    pub quantum_espresso: QuantumEspressoSettings,
    /// How long finished jobs are kept.
    #[command(flatten)]
    pub retention: RetentionSettings,
    /// Logs, traces and error reports.
    #[command(flatten)]
    pub telemetry: TelemetrySettings,
}

impl Settings for WorkerServiceSettings {
    fn check(&self) -> Result<(), SettingError> {
        self.worker.check()?;
        self.retention.check()
    }
}
