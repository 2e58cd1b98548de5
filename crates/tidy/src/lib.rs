//! Reads the workspace as files, for the tests that hold the architecture to its rules.

mod package;
mod source;
mod violation;

use std::path::{Path, PathBuf};

pub use package::{Package, packages};
pub use source::{SourceFile, folders_below, rust_files};
pub use violation::assert_none;

/// The folder of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
