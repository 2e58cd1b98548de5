//! The one PostgreSQL and Redis that all test processes of a run share.

use std::env;

use gantry_devkit::{Folder, PrivatePostgres, PrivateRedis};

use crate::error::Result;

const DATABASE_URL: &str = "GANTRY_TEST_DATABASE_URL";
const REDIS_URL: &str = "GANTRY_TEST_REDIS_URL";

/// Private servers for what the environment does not already name; they end with this value.
pub(crate) struct TestServers {
    _postgres: Option<PrivatePostgres>,
    _redis: Option<PrivateRedis>,
    environment: Vec<(&'static str, String)>,
}

impl TestServers {
    /// What tells the tests where the private servers are.
    pub(crate) fn environment(&self) -> &[(&'static str, String)] {
        &self.environment
    }
}

/// Starts what is not given.
pub(crate) fn start() -> Result<TestServers> {
    let folder = Folder::temporary()?;
    let mut environment = Vec::new();
    let postgres = if_not_given(DATABASE_URL, || PrivatePostgres::start(&folder))?;
    environment.extend(
        postgres
            .iter()
            .map(|server| (DATABASE_URL, server.url("postgres"))),
    );
    let redis = if_not_given(REDIS_URL, || PrivateRedis::start(&folder))?;
    environment.extend(redis.iter().map(|server| (REDIS_URL, server.url())));
    Ok(TestServers {
        _postgres: postgres,
        _redis: redis,
        environment,
    })
}

fn if_not_given<Server>(
    variable: &str,
    start: impl FnOnce() -> gantry_devkit::Result<Server>,
) -> gantry_devkit::Result<Option<Server>> {
    if env::var_os(variable).is_some() {
        Ok(None)
    } else {
        start().map(Some)
    }
}
