//! The workspace's Rust files, as text.

use std::fs;
use std::path::{Path, PathBuf};

use crate::root;

/// Where Rust files are.
const SOURCE_FOLDERS: [&str; 3] = ["crates", "services", "migrations"];

/// One Rust file.
#[derive(Debug)]
pub struct SourceFile {
    /// Its path from the workspace's folder, such as `crates/store/src/lib.rs`.
    pub path: String,
    /// Its text.
    pub text: String,
}

impl SourceFile {
    /// Whether it is below one of these paths, or is one of them.
    pub fn is_in(&self, places: &[&str]) -> bool {
        places
            .iter()
            .any(|place| Path::new(&self.path).starts_with(place))
    }

    /// Whether it belongs to a package's `tests` folder.
    pub fn is_test(&self) -> bool {
        self.path.split('/').any(|part| part == "tests")
    }

    /// The file's name without `.rs`.
    pub fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        name.trim_end_matches(".rs")
    }
}

/// Every Rust file, sorted by path.
///
/// # Panics
/// When a file cannot be read; its path is named.
pub fn rust_files() -> Vec<SourceFile> {
    let mut files: Vec<SourceFile> = folders_below(&SOURCE_FOLDERS)
        .iter()
        .flat_map(|folder| entries(folder))
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| source_file(&path))
        .collect();
    files.sort_by(|left, right| left.path.cmp(&right.path));
    files
}

/// These folders of the workspace and every folder below them.
pub fn folders_below(places: &[&str]) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = places.iter().map(|place| root().join(place)).collect();
    let mut next = 0;
    while let Some(folder) = folders.get(next) {
        let below: Vec<PathBuf> = entries(folder)
            .into_iter()
            .filter(|path| path.is_dir())
            .collect();
        folders.extend(below);
        next += 1;
    }
    folders
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{} cannot be read: {error}", folder.display()))
        .map(|entry| entry.expect("a readable entry").path())
        .collect()
}

fn source_file(path: &Path) -> SourceFile {
    let text = fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("{} cannot be read: {error}", path.display()));
    let relative = path
        .strip_prefix(root())
        .expect("every file was found below the workspace's folder");
    SourceFile {
        path: relative.to_string_lossy().into_owned(),
        text,
    }
}
