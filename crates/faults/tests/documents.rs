//! The tables of failures name the tests that there are, and all of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(folder().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What stands between backticks in the last cell of each row of the tables.
fn last_cells(markdown: &str) -> BTreeSet<String> {
    let rows = markdown.lines().filter(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.trim_end_matches('|').rsplit('|').next());
    cells
        .filter_map(|cell| cell.trim().strip_prefix('`')?.strip_suffix('`'))
        .map(str::to_owned)
        .collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder of tests can be read");
    let paths = entries.map(|entry| entry.expect("a readable entry").path());
    let (folders, files): (Vec<_>, Vec<_>) = paths.partition(|path| path.is_dir());
    let below = folders.iter().flat_map(|folder| rust_files(folder));
    below.chain(files).collect()
}

/// Every test of the real binaries, as `module::name`.
fn tests() -> BTreeSet<String> {
    let root = folder().join("tests/faults");
    let mut tests = BTreeSet::new();
    for path in rust_files(&root) {
        let module = path.strip_prefix(&root).expect("a file below the folder");
        let module = module
            .with_extension("")
            .to_string_lossy()
            .replace('/', "::");
        let text = fs::read_to_string(&path).expect("a source can be read");
        let marked = text.split("#[tokio::test").skip(1);
        let names = marked.filter_map(|after| after.split_once("async fn ")?.1.split_once('('));
        tests.extend(names.map(|(name, _)| format!("{module}::{name}")));
    }
    tests
}

#[test]
fn each_test_has_a_row_and_each_row_a_test() {
    let rows = last_cells(&read("README.md"));
    let tests = tests();
    let without_row: Vec<_> = tests.difference(&rows).collect();
    assert!(
        without_row.is_empty(),
        "add rows to README.md for {without_row:?}"
    );
    let without_test: Vec<_> = rows.difference(&tests).collect();
    assert!(
        without_test.is_empty(),
        "README.md names tests that are not there: {without_test:?}"
    );
}

/// The protocol says what is left after each kind of failure.
#[test]
fn the_protocol_document_names_every_group_of_tests() {
    let protocol = read("../queue/README.md");
    let (_, section) = protocol
        .split_once("## After a failure")
        .expect("the protocol has the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let group = |test: &String| test.split("::").next().unwrap_or_default().to_owned();
    let groups: BTreeSet<String> = tests().iter().map(group).collect();
    let named = last_cells(section);
    let without_row: Vec<_> = groups.difference(&named).collect();
    assert!(
        without_row.is_empty(),
        "add rows to crates/queue/README.md for {without_row:?}"
    );
    let without_test: Vec<_> = named.difference(&groups).collect();
    assert!(
        without_test.is_empty(),
        "crates/queue/README.md names tests that are not there: {without_test:?}"
    );
}
