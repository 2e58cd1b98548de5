//! Where files are and how they are named.

use std::fs;

use gantry_tidy::{assert_none, folders_below, root, rust_files};

/// What may stand at the top besides files and folders whose name begins with a dot.
const TOP_LEVEL: [&str; 10] = [
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "crates",
    "deploy",
    "justfile",
    "migrations",
    "rust-toolchain.toml",
    "services",
];

/// Built by cargo and never committed.
const BUILD_FOLDER: &str = "target";

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 12] = [
    "base", "common", "helper", "helpers", "manager", "managers", "misc", "shared", "type",
    "types", "util", "utils",
];

/// Lines a file may have.
const FILE_LENGTH_LIMIT: usize = 400;

#[test]
fn the_top_level_holds_what_was_agreed_and_nothing_else() {
    let entries = fs::read_dir(root()).expect("the workspace's folder can be read");
    let violations = entries
        .map(|entry| entry.expect("a readable entry").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && name != BUILD_FOLDER)
        .filter(|name| !TOP_LEVEL.contains(&name.as_str()))
        .collect();
    assert_none(
        violations,
        "The top level is fixed. Move these below one of its folders:",
    );
}

#[test]
fn a_module_is_a_file_beside_its_folder() {
    let mod_files = rust_files()
        .into_iter()
        .filter(|file| file.stem() == "mod")
        .map(|file| format!("{}: rename it to a file beside its folder", file.path));
    let orphans = folders_below(&["crates", "services", "migrations"])
        .into_iter()
        .filter(|folder| is_module_folder(folder) && !folder.with_extension("rs").is_file())
        .map(|folder| {
            format!(
                "{}: has no .rs file of the same name beside it",
                folder.display()
            )
        });
    assert_none(
        mod_files.chain(orphans).collect(),
        "A module is foo.rs with its parts in foo/, never foo/mod.rs:",
    );
}

#[test]
fn no_file_is_too_long() {
    let violations = rust_files()
        .into_iter()
        .map(|file| (file.text.lines().count(), file.path))
        .filter(|(lines, _)| *lines > FILE_LENGTH_LIMIT)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    assert_none(
        violations,
        "A file has at most 400 lines. Split these by what their parts are about:",
    );
}

#[test]
fn names_say_what_is_inside() {
    let files = rust_files();
    let folders = folders_below(&["crates", "services", "migrations"]);
    let folder_names = folders
        .iter()
        .filter_map(|folder| Some((folder.file_name()?.to_str()?, folder.display().to_string())));
    let violations = files
        .iter()
        .map(|file| (file.stem(), file.path.clone()))
        .chain(folder_names)
        .filter(|(name, _)| EMPTY_NAMES.contains(name))
        .map(|(_, path)| path)
        .collect();
    assert_none(
        violations,
        "A name is documentation. Name these after what they hold:",
    );
}

#[test]
fn every_file_opens_with_one_sentence() {
    let violations = rust_files()
        .into_iter()
        .filter_map(|file| Some(format!("{}: {}", file.path, fault_in_opening(&file.text)?)))
        .collect();
    assert_none(
        violations,
        "Every file opens with one sentence that says what it is, as a //! comment:",
    );
}

/// Whether the folder is below a `src` folder and holds Rust files.
fn is_module_folder(folder: &std::path::Path) -> bool {
    let below_source = folder
        .parent()
        .is_some_and(|parent| parent.components().any(|part| part.as_os_str() == "src"));
    let is_binaries = folder.file_name().is_some_and(|name| name == "bin");
    below_source && !is_binaries && holds_rust_files(folder)
}

fn holds_rust_files(folder: &std::path::Path) -> bool {
    fs::read_dir(folder)
        .expect("a folder that was just listed can be read")
        .map(|entry| entry.expect("a readable entry").path())
        .any(|path| path.extension().is_some_and(|extension| extension == "rs"))
}

fn fault_in_opening(text: &str) -> Option<&'static str> {
    let opening: Vec<&str> = text
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(str::trim)
        .collect();
    let sentence = opening.join(" ");
    if sentence.is_empty() {
        return Some("has none");
    }
    if !sentence.ends_with('.') {
        return Some("does not end with a full stop");
    }
    if sentence.contains("  ") || is_more_than_one(&sentence) {
        return Some("has more than one; move the rest to where it is needed");
    }
    None
}

/// A full stop, a space and a capital letter begin another sentence.
fn is_more_than_one(text: &str) -> bool {
    text.split(". ")
        .skip(1)
        .any(|rest| rest.starts_with(|first: char| first.is_uppercase()))
}
