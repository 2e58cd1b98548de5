//! Job kinds.

use chrono::TimeDelta;
use gantry_domain::Kind;

use super::table::table;
use super::text::printable;
use super::time::duration;

/// A table of kinds.
pub(crate) fn list(kinds: &[Kind]) -> String {
    table(
        [
            "KIND",
            "QUEUE",
            "TIMEOUT",
            "ATTEMPTS",
            "WORKERS",
            "DESCRIPTION",
        ],
        kinds.iter().map(|kind| {
            let declaration = &kind.declaration;
            [
                declaration.name.to_string(),
                declaration.queue.to_string(),
                duration(TimeDelta::seconds(declaration.timeout_seconds.into())),
                declaration.retry.max_attempts.to_string(),
                kind.workers.to_string(),
                printable(&declaration.description),
            ]
        }),
    )
}
