//! Concurrency limits.

use gantry_domain::{ConcurrencyLimit, LimitSubject};

use super::table::table;
use super::text::printable;
use super::time::date_and_time;

/// A table of limits.
pub(crate) fn list(limits: &[ConcurrencyLimit]) -> String {
    table(
        ["WHAT", "NAME", "AT A TIME", "SET"],
        limits.iter().map(|limit| {
            [
                limit.scope.to_string(),
                printable(&limit.subject),
                limit.max_running.to_string(),
                date_and_time(limit.set_at),
            ]
        }),
    )
}

/// One line on a limit that holds now.
pub(crate) fn set(limit: &ConcurrencyLimit) -> String {
    format!(
        "{} {} runs at most {} at a time",
        limit.scope,
        printable(&limit.subject),
        limit.max_running
    )
}

/// One line on a limit that is gone.
pub(crate) fn removed(subject: &LimitSubject) -> String {
    format!(
        "the limit of {} {} is removed",
        subject.scope(),
        subject.name()
    )
}
