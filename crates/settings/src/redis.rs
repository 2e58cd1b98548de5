//! Where Redis is and how this installation's keys begin.

use clap::Args;
use secrecy::SecretString;

use crate::value::{name, secret_url};

/// The connection to Redis.
#[derive(Debug, Clone, Args)]
pub struct RedisSettings {
    /// Where Redis is, with the password if it has one; required
    #[arg(
        id = "redis-url", long, env = "REDIS_URL", hide_env_values = true, value_name = "URL",
        value_parser = secret_url(&["redis", "rediss", "unix", "redis+unix"], "redis://127.0.0.1:6379")
    )]
    pub url: SecretString,

    /// How every key of this installation begins, so that several can share one Redis
    #[arg(
        id = "redis-prefix", long, env = "GANTRY_REDIS_PREFIX", value_name = "NAME",
        default_value = "gantry", value_parser = name
    )]
    pub prefix: String,
}
