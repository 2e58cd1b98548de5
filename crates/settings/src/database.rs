//! Where Postgres is and how many connections a process may hold.

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
