//! Gives the sources of the migrations a fingerprint, so that a test database is never cloned from an outdated template.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

const MIGRATIONS: &str = "../../migrations/src";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={MIGRATIONS}");
    let mut files = files_below(Path::new(MIGRATIONS))?;
    files.sort();
    let mut fingerprint = DefaultHasher::new();
    for file in files {
        file.hash(&mut fingerprint);
        fs::read(&file)?.hash(&mut fingerprint);
    }
    println!(
        "cargo::rustc-env=MIGRATIONS_FINGERPRINT={:016x}",
        fingerprint.finish()
    );
    Ok(())
}

fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}
