//! The transition table of the protocol document, read from its Markdown.

use std::collections::BTreeSet;
use std::path::Path;
use std::str::FromStr;

use gantry_domain::JobState;

use super::Step;

/// The heading under which the table stands, and how the document names a job that did not exist.
const HEADING: &str = "## Transitions";
const NOTHING: &str = "(none)";

pub fn table() -> BTreeSet<Step> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../queue/README.md");
    let document = std::fs::read_to_string(path).unwrap();
    let (_, section) = document.split_once(HEADING).unwrap();
    let rows = section.lines().skip_while(|line| !line.starts_with("|---"));
    rows.skip(1)
        .take_while(|line| line.starts_with('|'))
        .flat_map(steps)
        .collect()
}

fn steps(row: &str) -> Vec<Step> {
    let cells: Vec<_> = row.split('|').map(str::trim).collect();
    let cause = word(cells[1]);
    let from: Vec<Option<JobState>> = match cells[2] {
        NOTHING => vec![None],
        states => states.split(',').map(|state| Some(word(state))).collect(),
    };
    let to: Vec<JobState> = cells[3].split(',').map(word).collect();
    let pairs = from
        .into_iter()
        .flat_map(|from| to.iter().map(move |to| (from, *to)));
    pairs.map(|(from, to)| (cause, from, to)).collect()
}

fn word<T: FromStr<Err: std::fmt::Debug>>(cell: &str) -> T {
    cell.trim().trim_matches('`').parse().unwrap()
}
