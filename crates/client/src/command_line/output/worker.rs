//! Worker processes.

use gantry_domain::WorkerSummary;

use super::table::table;
use super::text::printable;
use super::time::date_and_time;

/// A table of workers.
pub(crate) fn list(workers: &[WorkerSummary]) -> String {
    table(
        [
            "NAME",
            "STATE",
            "QUEUES",
            "JOBS AT ONCE",
            "VERSION",
            "STARTED",
            "HEARTBEAT",
            "KINDS",
        ],
        workers.iter().map(|worker| {
            [
                printable(&worker.name),
                worker.state.to_string(),
                joined(&worker.queues),
                worker.concurrency.to_string(),
                printable(&worker.version),
                date_and_time(worker.started_at),
                date_and_time(worker.heartbeat_at),
                joined(&worker.kinds),
            ]
        }),
    )
}

fn joined(names: &[impl ToString]) -> String {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    names.join(",")
}
