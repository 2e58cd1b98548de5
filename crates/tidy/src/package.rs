//! The workspace's packages and what each depends on, from their manifests.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::root;

/// One package of the workspace.
#[derive(Debug)]
pub struct Package {
    /// Its name, such as `gantry-store`.
    pub name: String,
    /// What it depends on when built, build scripts included.
    pub dependencies: BTreeSet<String>,
    /// What only its tests depend on.
    pub test_dependencies: BTreeSet<String>,
}

/// Every package, sorted by name.
///
/// # Panics
/// When a manifest cannot be read; its path is named.
pub fn packages() -> Vec<Package> {
    let mut packages: Vec<Package> = manifests().iter().map(|path| package(path)).collect();
    packages.sort_by(|left, right| left.name.cmp(&right.name));
    packages
}

fn manifests() -> Vec<PathBuf> {
    let mut manifests = vec![root().join("migrations/Cargo.toml")];
    for folder in ["crates", "services"] {
        let entries = fs::read_dir(root().join(folder)).expect("the folder of packages exists");
        let folders = entries.map(|entry| entry.expect("a readable entry").path());
        manifests.extend(folders.map(|folder| folder.join("Cargo.toml")));
    }
    manifests.retain(|path| path.is_file());
    manifests
}

fn package(manifest: &Path) -> Package {
    let text = fs::read_to_string(manifest)
        .unwrap_or_else(|error| panic!("{} cannot be read: {error}", manifest.display()));
    let table: Table = text
        .parse()
        .unwrap_or_else(|error| panic!("{} is not TOML: {error}", manifest.display()));
    let name = table["package"]["name"].as_str();
    let name = name.unwrap_or_else(|| panic!("{} names no package", manifest.display()));
    Package {
        name: name.to_owned(),
        dependencies: names(&table, &["dependencies", "build-dependencies"]),
        test_dependencies: names(&table, &["dev-dependencies"]),
    }
}

/// The dependencies in these sections, also where they stand under a target.
fn names(manifest: &Table, sections: &[&str]) -> BTreeSet<String> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let targets = targets.into_iter().flat_map(Table::values);
    let tables = targets.filter_map(Value::as_table).chain([manifest]);
    tables
        .flat_map(|table| sections.iter().filter_map(|section| table.get(*section)))
        .filter_map(Value::as_table)
        .flat_map(|section| section.keys().cloned())
        .collect()
}
