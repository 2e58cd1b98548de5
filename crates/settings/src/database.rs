//! Where Postgres is and how many connections a process may hold.

use std::time::Duration;

use clap::Args;
use secrecy::SecretString;

use crate::value::{Switch, secret_url, whole_number};

/// The connection to Postgres.
#[derive(Debug, Clone, Args)]
pub struct DatabaseSettings {
    /// Where Postgres is, with the login; required
    #[arg(
        id = "database-url", long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL",
        value_parser = secret_url(&["postgres", "postgresql"], "postgres://user:password@127.0.0.1:5432/gantry")
    )]
    pub url: SecretString,

    /// Connections one process may hold at most
    #[arg(
        id = "database-max-connections", long, env = "GANTRY_DATABASE_MAX_CONNECTIONS", value_name = "NUMBER",
        default_value = "10", value_parser = whole_number(1..=1000_u32)
    )]
    pub max_connections: u32,

    /// Seconds one statement may take; a connection that stays silent longer is given up
    #[arg(
        id = "database-statement-timeout-seconds", long, env = "GANTRY_DATABASE_STATEMENT_TIMEOUT_SECONDS",
        value_name = "SECONDS", default_value = "20", value_parser = whole_number(1..=3600_u64)
    )]
    statement_timeout_seconds: u64,

    /// Prepared statements are kept per connection; off behind a transaction pooler, where the login must be the service's own
    #[arg(
        id = "database-statement-cache",
        long,
        env = "GANTRY_DATABASE_STATEMENT_CACHE",
        value_name = "SWITCH",
        default_value = "on",
        value_enum
    )]
    pub statement_cache: Switch,
}

impl DatabaseSettings {
    /// How long one statement may take.
    pub fn statement_timeout(&self) -> Duration {
        Duration::from_secs(self.statement_timeout_seconds)
    }
}
