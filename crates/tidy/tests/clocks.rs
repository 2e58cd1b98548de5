//! Whose clock decides: the database's, so that no process's clock has to be right.

use gantry_tidy::{assert_none, rust_files};

/// Readings of a process's own clock.
const READINGS: [&str; 3] = ["Utc::now", "SystemTime::now", "Local::now"];

/// Where one is read all the same, and what for.
const READERS: [&str; 10] = [
    // Tokens say themselves when they end.
    "crates/auth/src/clock.rs",
    // When a line was written, for people; its number gives the order.
    "services/worker/src/job_log.rs",
    "services/worker/src/handlers/system_ping.rs",
    // Figures for people: rates by the minute, how long a job waits, since when Redis is away. Nothing depends on them.
    "crates/queue/src/run_counts.rs",
    "crates/client/src/command_line/commands/queues.rs",
    "services/api/src/health.rs",
    "crates/telemetry",
    // Tools for tests and measurements; those make tokens.
    "crates/bench/src/issuer.rs",
    "crates/faults",
    "crates/testkit",
];

#[test]
fn no_decision_is_made_by_the_clock_of_a_process() {
    let violations = rust_files()
        .into_iter()
        .filter(|file| !file.is_test() && !file.is_in(&READERS))
        .filter(|file| READINGS.iter().any(|reading| file.text.contains(reading)))
        .map(|file| file.path)
        .collect();
    assert_none(
        violations,
        "Let the database's now() decide; a monotonic Instant measures durations:",
    );
}
