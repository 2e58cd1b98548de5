//! What may not be written where.

use gantry_tidy::{SourceFile, assert_none, rust_files};

/// Names of identity providers, in lower case.
const PROVIDERS: [&str; 6] = ["clerk", "svix", "supabase", "auth0", "okta", "keycloak"];

/// Where providers may be named: their modules, the settings that choose one, and the places that hand the choice on.
const PROVIDER_PLACES: [&str; 7] = [
    "crates/auth/src/authenticator.rs",
    "crates/auth/src/config.rs",
    "crates/auth/src/providers",
    "crates/auth/src/providers.rs",
    "crates/settings/src/auth.rs",
    "services/api/src/identity.rs",
    // Plays a provider for the tests that kill the services.
    "crates/faults/src/sign_up.rs",
];

/// How a provider is left out of a build; the gate has to name it.
const FEATURE_GATE: &str = "cfg(feature = ";

/// Where errors may be of any kind, because a person or a retry reads them and no code decides on them.
const ANY_ERROR_PLACES: [&str; 4] = [
    "services/worker/src/handlers",
    "services/worker/src/handler.rs",
    // What main.rs is made of.
    "services/worker/src/assembly.rs",
    // A program for the developers of Gantry, who read its errors as they come.
    "crates/bench/src",
];

/// This file names what it forbids.
const THIS_FILE: &str = "crates/tidy/tests/wording.rs";

#[test]
fn providers_are_named_only_in_their_modules() {
    let files = rust_files();
    let elsewhere = files
        .iter()
        .filter(|file| !file.is_test() && !file.is_in(&PROVIDER_PLACES));
    assert_none(
        lines_with(elsewhere, |line| {
            let line = line.to_lowercase();
            !line.contains(FEATURE_GATE) && PROVIDERS.iter().any(|provider| line.contains(provider))
        }),
        "An identity provider is named only in its module. Say it in general words here, or move it there:",
    );
}

#[test]
fn errors_of_any_kind_stay_in_main_and_in_handlers() {
    let files = rust_files();
    let elsewhere = files
        .iter()
        .filter(|file| file.stem() != "main" && !file.is_test() && !file.is_in(&ANY_ERROR_PLACES));
    assert_none(
        lines_with(elsewhere, |line| line.contains("anyhow::")),
        "anyhow is for main.rs and handlers. Add a variant to the crate's error.rs instead:",
    );
}

#[test]
fn tests_wait_for_conditions_and_never_for_time() {
    let files = rust_files();
    let tests = files.iter().filter(|file| file.is_test());
    assert_none(
        lines_with(tests, |line| line.contains("sleep(")),
        "A test waits for a condition with a deadline, never for time to pass:",
    );
}

#[test]
fn no_test_is_left_out() {
    let files = rust_files();
    assert_none(
        lines_with(files.iter(), |line| {
            line.trim_start().starts_with("#[ignore")
        }),
        "A test runs or is deleted. Remove the attribute and mend the test:",
    );
}

#[test]
fn a_lint_is_expected_with_a_reason_and_never_allowed() {
    let files = rust_files();
    assert_none(
        lines_with(files.iter(), |line| {
            let line = line.trim_start();
            line.starts_with("#[allow(") || line.starts_with("#![allow(")
        }),
        "Mend what the lint found, or write #[expect(..., reason = \"...\")]:",
    );
}

fn lines_with<'a>(
    files: impl Iterator<Item = &'a SourceFile>,
    is_fault: impl Fn(&str) -> bool,
) -> Vec<String> {
    files
        .filter(|file| file.path != THIS_FILE)
        .flat_map(|file| {
            let lines = file.text.lines().enumerate();
            lines
                .filter(|(_, line)| is_fault(line))
                .map(|(index, line)| format!("{}:{}: {}", file.path, index + 1, line.trim()))
                .collect::<Vec<_>>()
        })
        .collect()
}
