//! Where machines of tenants' own reach Postgres and Redis; without it none is enrolled.

use clap::Args;
use url::Url;

use crate::error::SettingError;
use crate::value::Unusable;

/// The addresses that machines of tenants' own are given.
#[derive(Debug, Clone, Args)]
pub struct EnrolmentSettings {
    /// Where machines of tenants' own reach Postgres, without a login; none is enrolled when unset
    #[arg(
        id = "enrolled-database-url", long, env = "GANTRY_ENROLLED_DATABASE_URL", value_name = "URL",
        value_parser = address_without_login(&["postgres", "postgresql"], "postgres://db.example.com:5432/gantry?sslmode=verify-full")
    )]
    pub database_url: Option<Url>,

    /// Where they reach Redis, without a login
    #[arg(
        id = "enrolled-redis-url", long, env = "GANTRY_ENROLLED_REDIS_URL", value_name = "URL",
        value_parser = address_without_login(&["redis", "rediss"], "rediss://redis.example.com:6379")
    )]
    pub redis_url: Option<Url>,
}

impl EnrolmentSettings {
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        match (&self.database_url, &self.redis_url) {
            (Some(_), None) => Err(SettingError::RequiredWhen {
                setting: "GANTRY_ENROLLED_REDIS_URL",
                condition: "GANTRY_ENROLLED_DATABASE_URL is set",
            }),
            (None, Some(_)) => Err(SettingError::RequiredWhen {
                setting: "GANTRY_ENROLLED_DATABASE_URL",
                condition: "GANTRY_ENROLLED_REDIS_URL is set",
            }),
            // A user's rights in Redis hold in all of its databases.
            (Some(_), Some(redis)) if !matches!(redis.path(), "" | "/" | "/0") => {
                Err(SettingError::Contradiction {
                    setting: "GANTRY_ENROLLED_REDIS_URL",
                    other: "the enrolment of machines",
                    remedy: "they are let at database 0 alone: leave the number out",
                })
            }
            _ => Ok(()),
        }
    }
}

/// Reads the address of a server with a host and without user and password, which are each machine's own.
fn address_without_login(
    schemes: &'static [&'static str],
    example: &'static str,
) -> impl Fn(&str) -> Result<Url, Unusable> + Clone {
    move |text| match Url::parse(text) {
        Ok(url)
            if schemes.contains(&url.scheme())
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none() =>
        {
            Ok(url)
        }
        _ => Err(Unusable(format!(
            "must be a URL without user and password such as {example}"
        ))),
    }
}
