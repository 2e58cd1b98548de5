//! The example environment file lists every variable, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use gantry_settings::variables;

/// Read by the command line instead of the services.
const COMMAND_LINE_VARIABLES: [&str; 5] = [
    "GANTRY_DEV_USER_EMAIL",
    "GANTRY_DEV_USER_ID",
    "GANTRY_TENANT_ID",
    "GANTRY_TOKEN",
    "GANTRY_URL",
];

#[test]
fn the_example_file_lists_every_variable_with_its_default() {
    let listed = listed_variables();
    for variable in variables() {
        let Some(value) = listed.get(&variable.name) else {
            panic!(
                "deploy/env.example lacks {}: add a line that explains it and one that sets it",
                variable.name
            );
        };
        if let Some(default) = &variable.default {
            assert_eq!(
                value, default,
                "deploy/env.example must show the default of {}",
                variable.name
            );
        }
    }
}

#[test]
fn the_example_file_lists_no_variable_that_nothing_reads() {
    let known: BTreeSet<String> = variables().into_iter().map(|v| v.name).collect();
    for name in listed_variables().keys() {
        assert!(
            known.contains(name) || COMMAND_LINE_VARIABLES.contains(&name.as_str()),
            "deploy/env.example lists {name}, which nothing reads: remove it or add it to the settings"
        );
    }
}

#[test]
fn a_flag_is_its_variable_in_lower_case_without_the_product_name() {
    for variable in variables() {
        let stem = variable
            .name
            .strip_prefix("GANTRY_")
            .unwrap_or(&variable.name);
        let flag = format!("--{}", stem.to_lowercase().replace('_', "-"));
        assert_eq!(variable.flag, flag);
    }
}

/// Names and values, of the lines that are commented out too.
fn listed_variables() -> BTreeMap<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/env.example");
    let text = std::fs::read_to_string(path).expect("deploy/env.example can be read");
    text.lines()
        .map(|line| line.strip_prefix('#').unwrap_or(line))
        .filter_map(|line| line.split_once('='))
        .filter(|(name, _)| is_variable_name(name))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn is_variable_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}
