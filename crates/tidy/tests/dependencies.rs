//! Which package may depend on which, and which library may be used where.

use gantry_tidy::{Package, assert_none, packages};

/// What each package may depend on within the workspace. `domain` and `quantum-espresso` know nobody, and there is no
/// edge between the two services.
const ALLOWED: [(&str, &[&str]); 18] = [
    ("gantry-domain", &[]),
    ("gantry-quantum-espresso", &[]),
    ("gantry-settings", &[]),
    ("gantry-devkit", &[]),
    ("gantry-crash-points", &[]),
    ("gantry-tidy", &["gantry-crash-points"]),
    ("gantry-auth", &["gantry-domain"]),
    ("gantry-queue", &["gantry-domain"]),
    ("gantry-store", &["gantry-domain"]),
    ("gantry-telemetry", &["gantry-settings"]),
    ("gantry-migrations", &[]),
    (
        "gantry-client",
        &["gantry-domain", "gantry-devkit", "gantry-quantum-espresso"],
    ),
    ("gantry-testkit", &["gantry-devkit", "gantry-migrations"]),
    (
        "gantry-faults",
        &[
            "gantry-crash-points",
            "gantry-devkit",
            "gantry-domain",
            "gantry-testkit",
        ],
    ),
    ("gantry-bench", &["gantry-devkit"]),
    ("xtask", &["gantry-devkit"]),
    (
        "gantry-api",
        &[
            "gantry-auth",
            "gantry-crash-points",
            "gantry-domain",
            "gantry-quantum-espresso",
            "gantry-queue",
            "gantry-settings",
            "gantry-store",
            "gantry-telemetry",
        ],
    ),
    (
        "gantry-worker",
        &[
            "gantry-crash-points",
            "gantry-domain",
            "gantry-quantum-espresso",
            "gantry-queue",
            "gantry-settings",
            "gantry-store",
            "gantry-telemetry",
        ],
    ),
];

/// What any package's tests may depend on besides.
const ALLOWED_IN_TESTS: [&str; 2] = ["gantry-testkit", "gantry-devkit"];

/// The packages whose tests need no servers, so that they stay pure there too.
const PURE: [&str; 2] = ["gantry-domain", "gantry-quantum-espresso"];

/// Which packages may use a library, in their tests too. A name that ends in `*` stands for all that begin so.
const FENCES: [(&str, &[&str]); 10] = [
    (
        "sea-orm*",
        &["gantry-store", "gantry-migrations", "gantry-testkit"],
    ),
    (
        "sqlx",
        &[
            "gantry-store",
            "gantry-migrations",
            "gantry-testkit",
            "gantry-bench",
        ],
    ),
    ("deadpool-redis", &["gantry-queue", "gantry-testkit"]),
    ("actix-*", &["gantry-api"]),
    ("chrono-tz", &["gantry-domain"]),
    ("croner", &["gantry-domain"]),
    ("jsonwebtoken", &["gantry-auth"]),
    ("opentelemetry-otlp", &["gantry-telemetry"]),
    ("tracing-subscriber", &["gantry-telemetry"]),
    (
        "clap",
        &[
            "gantry-settings",
            "gantry-api",
            "gantry-worker",
            "gantry-client",
            "gantry-migrations",
            "xtask",
        ],
    ),
];

/// Libraries that come in through another one and would end up in two versions.
const NEVER: [(&str, &str); 4] = [
    ("redis", "use the one that deadpool-redis re-exports"),
    ("openssl", "TLS is rustls"),
    ("native-tls", "TLS is rustls"),
    ("ring", "cryptography is aws-lc-rs"),
];

#[test]
fn packages_depend_on_each_other_only_in_the_agreed_direction() {
    let packages = packages();
    let names: Vec<&str> = packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let mut violations = Vec::new();
    for package in &packages {
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == package.name) else {
            violations.push(format!(
                "{} is new: say in this test what it may know",
                package.name
            ));
            continue;
        };
        for dependency in package
            .dependencies
            .iter()
            .filter(|name| names.contains(&name.as_str()))
        {
            if !allowed.contains(&dependency.as_str()) {
                violations.push(format!("{} depends on {dependency}", package.name));
            }
        }
        for dependency in package
            .test_dependencies
            .iter()
            .filter(|name| names.contains(&name.as_str()))
        {
            if !allowed.contains(&dependency.as_str()) && !allowed_in_tests(package, dependency) {
                violations.push(format!(
                    "the tests of {} depend on {dependency}",
                    package.name
                ));
            }
        }
    }
    assert_none(
        violations,
        "Dependencies point towards the domain (see crates/README.md). Move the code to where the arrow allows it:",
    );
}

#[test]
fn libraries_stay_behind_their_fences() {
    let mut violations = Vec::new();
    for package in packages() {
        for library in package.dependencies.union(&package.test_dependencies) {
            if let Some((_, owners)) = FENCES.iter().find(|(pattern, _)| matches(pattern, library))
                && !owners.contains(&package.name.as_str())
            {
                violations.push(format!(
                    "{} uses {library}, which belongs to {}",
                    package.name,
                    owners.join(", ")
                ));
            }
        }
    }
    assert_none(
        violations,
        "A fenced library is used only by the packages that own it. Call the owner's interface instead:",
    );
}

#[test]
fn no_library_comes_in_twice() {
    let mut violations = Vec::new();
    for package in packages() {
        for library in package.dependencies.union(&package.test_dependencies) {
            if let Some((_, remedy)) = NEVER.iter().find(|(name, _)| name == library) {
                violations.push(format!("{} uses {library}: {remedy}", package.name));
            }
        }
    }
    assert_none(violations, "Some libraries are never depended on directly:");
}

fn allowed_in_tests(package: &Package, dependency: &str) -> bool {
    ALLOWED_IN_TESTS.contains(&dependency) && !PURE.contains(&package.name.as_str())
}

fn matches(pattern: &str, library: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => library.starts_with(beginning),
        None => library == pattern,
    }
}
