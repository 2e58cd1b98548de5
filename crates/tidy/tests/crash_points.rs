//! Each crash point is in a service's code, and none is in what is shipped.

use std::fs;

use gantry_crash_points::CrashPoint;
use gantry_tidy::{assert_none, root, rust_files};
use toml::Table;

#[test]
fn every_crash_point_is_reached_by_a_service() {
    let services: Vec<_> = rust_files()
        .into_iter()
        .filter(|file| file.is_in(&["services"]) && !file.is_test())
        .collect();
    let call = |point: &CrashPoint| format!("reach(CrashPoint::{point:?})");
    let is_reached =
        |point: &CrashPoint| services.iter().any(|file| file.text.contains(&call(point)));
    let unreached = CrashPoint::ALL.iter().filter(|point| !is_reached(point));
    assert_none(
        unreached.map(call).collect(),
        "Every point of crates/crash-points must be reached by a service. Call it there, or remove it:",
    );
}

#[test]
fn each_crash_point_has_a_name_of_its_own() {
    let mut names: Vec<_> = CrashPoint::ALL.iter().map(|point| point.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), CrashPoint::ALL.len());
}

/// Crash points are compiled in where debug assertions are on.
#[test]
fn the_shipped_binaries_have_no_debug_assertions() {
    let manifest =
        fs::read_to_string(root().join("Cargo.toml")).expect("the workspace has a manifest");
    let manifest: Table = manifest.parse().expect("the manifest is TOML");
    let release = manifest["profile"]["release"].as_table();
    let release = release.expect("the release profile is a table");
    assert!(!release.contains_key("debug-assertions"), "leave them off");
    let dockerfile =
        fs::read_to_string(root().join("deploy/Dockerfile")).expect("there is an image");
    assert!(
        dockerfile.contains("--release"),
        "the image holds release binaries"
    );
}
