//! What is left after processes were killed and frozen, servers lost and links cut: one test for each row of README.md.

mod api_death;
mod cancellation;
mod clocks;
mod crash_points;
mod deploys;
mod enrolment;
mod fairness;
mod followers;
mod limits;
mod postgres_loss;
mod postgres_silence;
mod redis_loss;
mod redis_trouble;
mod resources;
mod schedules;
mod worker_death;

use std::time::Duration;

use gantry_faults::{Installation, InstallationBuilder};
use serde_json::{Value, json};

/// Longer than anything takes that happens at all, on a machine that is busy with other tests.
const LIMIT: Duration = Duration::from_secs(60);

/// An installation whose test kind is this package's program.
fn installation() -> InstallationBuilder {
    Installation::builder(env!("CARGO_BIN_EXE_faults-effect"))
}

/// A job that is done as soon as it is begun.
fn ping() -> Value {
    json!({ "kind": "system.ping", "payload": {} })
}

fn pings(count: usize) -> Vec<Value> {
    vec![ping(); count]
}
