//! Pauses.

use gantry_client::{PauseOutcome, ResumeOutcome};
use gantry_domain::Pause;

use super::table::table;
use super::text::printable;
use super::time::date_and_time;

/// A table of pauses.
pub(crate) fn list(pauses: &[Pause]) -> String {
    table(
        ["WHAT", "NAME", "SINCE", "BY", "REASON"],
        pauses.iter().map(|pause| {
            [
                pause.scope.to_string(),
                printable(&pause.subject),
                date_and_time(pause.paused_at),
                shown(pause.paused_by_name.as_deref()),
                shown(pause.reason.as_deref()),
            ]
        }),
    )
}

/// One line on a pause, and what was done about running jobs.
pub(crate) fn paused(outcome: &PauseOutcome) -> String {
    let pause = &outcome.pause;
    let told = match outcome.told_to_end {
        0 => String::new(),
        1 => "; 1 running job was told to end".to_owned(),
        count => format!("; {count} running jobs were told to end"),
    };
    format!(
        "{} {} is paused since {}{told}",
        pause.scope,
        printable(&pause.subject),
        date_and_time(pause.paused_at)
    )
}

/// One line on what was resumed.
pub(crate) fn resumed(outcome: &ResumeOutcome) -> String {
    let what = format!("{} {}", outcome.scope, printable(&outcome.subject));
    if outcome.was_paused {
        format!("{what} is resumed")
    } else {
        format!("{what} was not paused")
    }
}

fn shown(text: Option<&str>) -> String {
    text.map_or_else(|| "-".to_owned(), printable)
}
