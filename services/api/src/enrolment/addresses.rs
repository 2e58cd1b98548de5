//! Where machines of tenants' own reach Postgres and Redis, each with a login of its own.

use gantry_settings::ApiServiceSettings;
use url::Url;

use super::Secret;
use crate::problem::ApiError;

/// Where machines of tenants' own reach Postgres and Redis.
#[derive(Debug, Clone)]
pub struct EnrolmentAddresses {
    database_url: Url,
    redis_url: Url,
    /// What every key in Redis begins with.
    pub redis_prefix: String,
}

impl EnrolmentAddresses {
    /// Those of the settings; none where no machine is to be let in.
    pub fn of(settings: &ApiServiceSettings) -> Option<Self> {
        let enrolment = &settings.enrolment;
        Some(Self {
            database_url: enrolment.database_url.clone()?,
            redis_url: enrolment.redis_url.clone()?,
            redis_prefix: settings.redis.prefix.clone(),
        })
    }

    /// Where Postgres is, for a machine with this login.
    ///
    /// # Errors
    /// Never, for an address that the settings let through.
    pub fn database_url(&self, login: &str, password: &Secret) -> Result<String, ApiError> {
        with_login(&self.database_url, login, password)
    }

    /// Where Redis is, for a machine with this user.
    ///
    /// # Errors
    /// Never, for an address that the settings let through.
    pub fn redis_url(&self, user: &str, password: &Secret) -> Result<String, ApiError> {
        with_login(&self.redis_url, user, password)
    }
}

fn with_login(address: &Url, user: &str, password: &Secret) -> Result<String, ApiError> {
    let mut address = address.clone();
    let named = address
        .set_username(user)
        .and_then(|()| address.set_password(Some(password.expose())));
    named.map_err(|()| ApiError::internal("the address of a server takes no login"))?;
    Ok(address.into())
}
