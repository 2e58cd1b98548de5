//! The domain's table, the statements, the schema and the protocol document name the same transitions.

mod observed;
mod protocol_document;
mod schema;

use std::collections::BTreeSet;

use gantry_domain::{Cause, JobState, TRANSITIONS};

/// From a state, or from nothing, to another, for a cause.
pub type Step = (Cause, Option<JobState>, JobState);

/// The table, row by row taken apart.
fn table() -> BTreeSet<Step> {
    TRANSITIONS
        .iter()
        .flat_map(|row| {
            let from: Vec<_> = match row.from {
                [] => vec![None],
                states => states.iter().copied().map(Some).collect(),
            };
            from.into_iter()
                .flat_map(move |from| row.to.iter().map(move |to| (row.cause, from, *to)))
        })
        .collect()
}

#[tokio::test]
async fn the_statements_make_exactly_the_steps_of_the_table() {
    let observed = observed::every_step().await;
    // A wish to end a running job changes nothing yet; the worker's own word does.
    let table: BTreeSet<_> = table().into_iter().collect();
    assert_eq!(observed, table);
}

#[tokio::test]
async fn the_schema_knows_the_states_of_the_table_and_no_others() {
    let table: BTreeSet<_> = JobState::ALL.iter().map(ToString::to_string).collect();
    let schema = schema::states().await;
    assert_eq!(schema.of_the_column, table);
    assert_eq!(schema.of_the_possible_rows, table);
    assert_eq!(
        schema.that_must_have_finished,
        JobState::ALL
            .iter()
            .filter(|state| state.is_terminal())
            .map(ToString::to_string)
            .collect()
    );
}

#[test]
fn the_protocol_document_has_the_same_table() {
    assert_eq!(protocol_document::table(), table());
}

/// The crate's own sources: state is written in one module only.
#[test]
fn no_other_module_writes_jobs() {
    let writers: Vec<_> = schema::sources()
        .into_iter()
        .filter(|(_, text)| {
            ["UPDATE jobs", "INSERT INTO jobs ", "DELETE FROM jobs "]
                .iter()
                .any(|words| text.contains(words))
        })
        .map(|(path, _)| path)
        .collect();
    assert!(!writers.is_empty());
    for path in writers {
        assert!(
            path.contains("src/transitions/"),
            "{path} writes the table jobs"
        );
    }
}

/// Whoever reads of the fence reads what is executed.
#[test]
fn the_readme_shows_the_fence_as_it_is() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let words = |path: &str| {
        let text = std::fs::read_to_string(folder.join(path)).unwrap();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let source = words("src/transitions/run.rs");
    let (_, fence) = source.split_once("FENCE: &str = \" ").unwrap();
    let (fence, _) = fence.split_once('"').unwrap();
    assert!(words("README.md").contains(fence), "the fence is {fence}");
}
