//! What became of the jobs that match.

use gantry_client::BulkOutcome;

/// What a dry run counted.
pub(crate) fn counted(outcome: BulkOutcome, done: &str) -> String {
    let more = if outcome.remaining { "more than " } else { "" };
    format!("{more}{} would be {done}", jobs(outcome.matched))
}

/// What was changed.
pub(crate) fn changed(outcome: BulkOutcome, done: &str) -> String {
    let rest = match outcome.matched.saturating_sub(outcome.changed) {
        0 => String::new(),
        left => format!(", {left} left as they were"),
    };
    let more = if outcome.remaining {
        "; more match"
    } else {
        ""
    };
    format!("{} {done}{rest}{more}", jobs(outcome.changed))
}

fn jobs(count: u64) -> String {
    match count {
        1 => "1 job".to_owned(),
        count => format!("{count} jobs"),
    }
}
