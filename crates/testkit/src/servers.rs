//! The servers the tests run against: given by the environment, or private to this test process.

use std::env;
use std::sync::OnceLock;

use gantry_devkit::{Folder, PrivatePostgres, PrivateRedis, Result};

// `cargo xtask test` sets both, so that all test processes of a run share one server each. What cannot be had here makes
// the test panic with the reason, because it can do nothing else about it.
const DATABASE_URL: &str = "GANTRY_TEST_DATABASE_URL";
const REDIS_URL: &str = "GANTRY_TEST_REDIS_URL";

/// A server's address, with the private server that answers there, if it is one.
struct Server<Private> {
    url: String,
    /// Never dropped, as it stands in a static: it ends when this process does.
    _private: Option<Private>,
}

/// The address of a database in which other databases can be made.
pub(crate) fn database_url() -> &'static str {
    static SERVER: OnceLock<Server<PrivatePostgres>> = OnceLock::new();
    &SERVER
        .get_or_init(|| {
            given_or(DATABASE_URL, || {
                let postgres = PrivatePostgres::start(&Folder::temporary()?)?;
                Ok((postgres.url("postgres"), postgres))
            })
        })
        .url
}

/// The address of a Redis whose keys are shared with other tests.
pub(crate) fn redis_url() -> &'static str {
    static SERVER: OnceLock<Server<PrivateRedis>> = OnceLock::new();
    &SERVER
        .get_or_init(|| {
            given_or(REDIS_URL, || {
                let redis = PrivateRedis::start(&Folder::temporary()?)?;
                Ok((redis.url(), redis))
            })
        })
        .url
}

fn given_or<Private>(
    variable: &str,
    start: impl FnOnce() -> Result<(String, Private)>,
) -> Server<Private> {
    match env::var(variable) {
        Ok(url) => Server {
            url,
            _private: None,
        },
        Err(_) => {
            let (url, private) = start().unwrap_or_else(|error| {
                panic!("{variable} is not set and no private server could be started: {error}")
            });
            Server {
                url,
                _private: Some(private),
            }
        }
    }
}
