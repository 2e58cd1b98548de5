//! The states as the schema's constraints name them, read back from the database, and the crate's own sources.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use gantry_testkit::TestDatabase;

/// What the constraints of `jobs` say of its states.
pub struct States {
    pub of_the_column: BTreeSet<String>,
    pub of_the_possible_rows: BTreeSet<String>,
    pub that_must_have_finished: BTreeSet<String>,
}

pub async fn states() -> States {
    let database = TestDatabase::create().await;
    let column = definition(&database, "jobs_state_check").await;
    let rows = definition(&database, "jobs_possible_rows").await;
    let cases = rows.split("WHEN ").skip(1);
    let finished = cases
        .clone()
        .filter(|case| case.contains("finished_at IS NOT NULL"));
    States {
        of_the_column: quoted(&column),
        of_the_possible_rows: cases.filter_map(first_quoted).collect(),
        that_must_have_finished: finished.filter_map(first_quoted).collect(),
    }
}

async fn definition(database: &TestDatabase, constraint: &str) -> String {
    let sql = format!(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = '{constraint}'"
    );
    database.text(&sql).await.unwrap()
}

fn quoted(text: &str) -> BTreeSet<String> {
    text.split('\'')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

fn first_quoted(text: &str) -> Option<String> {
    text.split('\'').nth(1).map(str::to_owned)
}

/// Every file below `src` with its text.
pub fn sources() -> Vec<(String, String)> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path)
            } else {
                files.push(path)
            }
        }
    }
    files
        .into_iter()
        .map(|path| {
            (
                path.display().to_string(),
                std::fs::read_to_string(&path).unwrap(),
            )
        })
        .collect()
}
