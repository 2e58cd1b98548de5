//! Which kind of installation this is.

use std::fmt;

use clap::{Args, ValueEnum};

/// The kind of installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AppEnvironment {
    /// A developer's machine.
    Development,
    /// An automated test.
    Test,
    /// Anything that serves people.
    Production,
}

impl AppEnvironment {
    /// Whether it serves people.
    pub fn is_production(self) -> bool {
        self == Self::Production
    }
}

impl fmt::Display for AppEnvironment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Development => "development",
            Self::Test => "test",
            Self::Production => "production",
        })
    }
}

/// The environment a service runs in.
#[derive(Debug, Clone, Args)]
pub struct EnvironmentSettings {
    /// The kind of installation; the default is the strict one, so that forgetting it opens nothing
    #[arg(
        id = "app-env",
        long,
        env = "APP_ENV",
        value_name = "ENVIRONMENT",
        default_value = "production",
        value_enum
    )]
    pub app_env: AppEnvironment,
}
