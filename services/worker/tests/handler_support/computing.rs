//! Looks from outside for programs that work in scratch folders.

use std::fs;
use std::path::Path;

use gantry_testkit::eventually;

use crate::bench::{Bench, LIMIT};

/// Waits until no process works below the bench's scratch root.
pub async fn nothing_computes(bench: &Bench) {
    let root = fs::canonicalize(bench.scratch.path()).expect("a folder");
    eventually(LIMIT, || async {
        let left = processes_below(&root);
        if left.is_empty() { Ok(()) } else { Err(left) }
    })
    .await;
}

/// The ids of the processes whose working folder is below `root`.
fn processes_below(root: &Path) -> Vec<String> {
    let entries = fs::read_dir("/proc")
        .expect("a list of processes")
        .flatten();
    entries
        .filter(|entry| {
            fs::read_link(entry.path().join("cwd")).is_ok_and(|folder| folder.starts_with(root))
        })
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}
