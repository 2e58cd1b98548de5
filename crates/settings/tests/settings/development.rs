//! Parsing in a development environment where only what a test names differs.

use std::ffi::OsString;

use gantry_settings::{ApiServiceSettings, Settings, Stop, WorkerServiceSettings, parse};

const DEVELOPMENT: [(&str, &str); 4] = [
    ("APP_ENV", "development"),
    ("DATABASE_URL", "postgres://127.0.0.1/gantry"),
    ("REDIS_URL", "redis://127.0.0.1"),
    ("AUTH_MODE", "dev-bypass"),
];

/// Names and values of environment variables.
pub type Environment<'a> = &'a [(&'a str, &'a str)];

fn settings<S: Settings>(arguments: &[&str], environment: Environment) -> Result<S, Stop> {
    let changed = |name: &str| environment.iter().find(|(known, _)| *known == name);
    let usual = |name: &str| DEVELOPMENT.iter().find(|(known, _)| *known == name);
    parse("gantry", arguments.iter().map(OsString::from), |name| {
        let (_, value) = changed(name).or_else(|| usual(name))?;
        Some(OsString::from(value))
    })
}

/// The API's settings.
pub fn api(arguments: &[&str], environment: Environment) -> Result<ApiServiceSettings, Stop> {
    settings(arguments, environment)
}

/// The worker's settings.
pub fn worker(arguments: &[&str], environment: Environment) -> Result<WorkerServiceSettings, Stop> {
    settings(arguments, environment)
}

/// The line that stops the API.
pub fn api_refusal(arguments: &[&str], environment: Environment) -> String {
    refusal(api(arguments, environment))
}

/// The line that stops the worker.
pub fn worker_refusal(arguments: &[&str], environment: Environment) -> String {
    refusal(worker(arguments, environment))
}

fn refusal<S>(result: Result<S, Stop>) -> String {
    match result {
        Err(Stop::Refused(error)) => error.to_string(),
        Err(Stop::Answer(text)) => panic!("an answer instead of a refusal: {text}"),
        Ok(_) => panic!("accepted instead of refused"),
    }
}
