//! A kinds file turns programs into kinds, or says in one line what is wrong with it.

use std::{ffi::OsString, fs, path::Path};

use gantry_worker::{
    kinds_file::{CommandKind, ExitVerdict, FILE_LIMIT_BYTES, read_kinds_file},
    process::ResourceLimits,
};
use proptest::prelude::*;
use serde_json::json;
use tempfile::TempDir;

/// The fields that every kind needs.
const LEAST: &str = r#"
    [[kind]]
    name = "report.render.v1"
    description = "Renders a report."
    program = "/bin/sh"
    payload_schema = { type = "object" }
    timeout_seconds = 600
    memory_limit_mb = 512
"#;

/// The environment of the worker in these tests.
fn environment(name: &str) -> Option<OsString> {
    match name {
        "PATH" => Some("relative:/nowhere:/usr/bin:/bin".into()),
        "LANG" => Some("C.UTF-8".into()),
        "DATABASE_URL" => Some("postgres://secret".into()),
        _ => None,
    }
}

fn folder_with(text: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("kinds.toml"), text).expect("written");
    folder
}

fn read_in(folder: &Path) -> Result<Vec<CommandKind>, String> {
    read_kinds_file(&folder.join("kinds.toml"), &environment).map_err(|error| {
        let folder = format!("{}/", folder.display());
        error.to_string().replace(&folder, "")
    })
}

fn read(text: &str) -> Result<Vec<CommandKind>, String> {
    read_in(folder_with(text).path())
}

fn only_kind(text: &str) -> CommandKind {
    let mut kinds = read(text).expect("a right file");
    assert_eq!(kinds.len(), 1);
    kinds.remove(0)
}

/// The least kind with one field replaced, or added.
fn least_with(field: &str, line: &str) -> String {
    let others = LEAST
        .lines()
        .filter(|line| !line.trim_start().starts_with(&format!("{field} =")));
    others.chain([line]).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_least_kind_gets_the_usual_for_what_it_leaves_out() {
    let kind = only_kind(LEAST);
    let declaration = &kind.declaration;
    assert_eq!(declaration.name.as_str(), "report.render.v1");
    assert_eq!(declaration.description, "Renders a report.");
    assert_eq!(declaration.payload_schema, json!({"type": "object"}));
    assert_eq!(declaration.queue.as_str(), "default");
    assert_eq!(declaration.timeout_seconds, 600);
    assert_eq!(declaration.retry.max_attempts, 4);
    assert_eq!(kind.program, Path::new("/bin/sh"));
    assert!(kind.arguments.is_empty() && kind.environment.is_empty());
    assert!(kind.progress_pattern.is_none() && kind.result_file.is_none());
    let memory_limit_bytes = Some(512 * 1024 * 1024);
    assert_eq!(
        kind.limits,
        ResourceLimits {
            memory_limit_bytes,
            ..ResourceLimits::default()
        }
    );
}

#[test]
fn every_field_is_taken_as_it_was_written() {
    let text = format!(
        "{LEAST}
        queue = 'reports'
        max_attempts = 2
        arguments = ['-c', 'echo $0']
        environment = {{ pass = ['LANG', 'UNSET'], set = {{ OMP_NUM_THREADS = '1' }} }}
        exit_codes = {{ retry = [75] }}
        progress_pattern = '^(?<percent>[0-9.]+)% (?P<message>.*)$'
        result_file = 'result.json'"
    );
    let kind = only_kind(&text);
    assert_eq!(kind.declaration.queue.as_str(), "reports");
    assert_eq!(kind.declaration.retry.max_attempts, 2);
    assert_eq!(kind.arguments, ["-c", "echo $0"]);
    let variables = [("LANG", "C.UTF-8"), ("OMP_NUM_THREADS", "1")]
        .map(|(name, value)| (name.into(), value.into()));
    assert_eq!(kind.environment, variables);
    assert_eq!(kind.exit_codes.verdict(75), ExitVerdict::Retry);
    assert_eq!(kind.result_file.as_deref(), Some("result.json"));
    let pattern = kind.progress_pattern.expect("a pattern");
    let progress = pattern.progress_in("12.5% rendering");
    assert_eq!(
        progress,
        Some(json!({"percent": 12.5, "message": "rendering"}))
    );
    assert_eq!(pattern.progress_in("rendering"), None);
}

#[test]
fn a_bare_name_is_looked_up_in_the_workers_path() {
    let kind = only_kind(&least_with("program", "program = 'env'"));
    assert_eq!(kind.program, Path::new("/usr/bin/env"));
}

#[test]
fn a_schema_may_lie_in_a_file_beside_the_kinds_file() {
    let folder = folder_with(&least_with(
        "payload_schema",
        "payload_schema = 'schemas/render.json'",
    ));
    fs::create_dir(folder.path().join("schemas")).expect("a folder");
    fs::write(
        folder.path().join("schemas/render.json"),
        r#"{"type": "object"}"#,
    )
    .expect("written");
    let kinds = read_in(folder.path()).expect("a right file");
    assert_eq!(
        kinds[0].declaration.payload_schema,
        json!({"type": "object"})
    );
}

#[test]
fn a_file_may_declare_many_kinds() {
    let text = format!("{LEAST}\n{}", least_with("name", "name = 'report.send.v1'"));
    let names: Vec<String> = read(&text)
        .expect("a right file")
        .into_iter()
        .map(|kind| kind.declaration.name.into())
        .collect();
    assert_eq!(names, ["report.render.v1", "report.send.v1"]);
}

#[test]
fn exit_codes_in_neither_list_are_retried_unless_the_ones_to_retry_are_named() {
    use ExitVerdict::{Final, Retry, Success};
    for (line, expected) in [
        ("", [Success, Retry, Retry, Retry]),
        (
            "exit_codes = { final = [64] }",
            [Success, Final, Retry, Retry],
        ),
        (
            "exit_codes = { retry = [75] }",
            [Success, Final, Retry, Final],
        ),
        (
            "exit_codes = { retry = [75], final = [64] }",
            [Success, Final, Retry, Final],
        ),
    ] {
        let codes = only_kind(&least_with("exit_codes", line)).exit_codes;
        assert_eq!(
            [0, 64, 75, 1].map(|code| codes.verdict(code)),
            expected,
            "{line}"
        );
    }
}

#[test]
fn a_group_that_did_not_take_part_is_left_out_of_the_progress() {
    let kind = only_kind(&least_with(
        "progress_pattern",
        "progress_pattern = 'step (?<step>[0-9]+)( of (?<steps>.+))?'",
    ));
    let pattern = kind.progress_pattern.expect("a pattern");
    assert_eq!(pattern.progress_in("step 3"), Some(json!({"step": 3})));
    assert_eq!(
        pattern.progress_in("step 3 of many"),
        Some(json!({"step": 3, "steps": "many"}))
    );
}

#[test]
fn every_fault_is_told_in_one_line_with_file_kind_and_field() {
    let faults = [
        ("name", "name = 'render'"),
        ("name", "name = 'Report.render'"),
        ("name", "name = 'system.render'"),
        ("name", "name = 'qe.relax.v2'"),
        ("name", ""),
        ("name", "name = 7"),
        ("description", "description = ' '"),
        ("program", "program = './render'"),
        ("program", "program = '/nowhere/render'"),
        ("program", "program = '/etc/passwd'"),
        ("program", "program = '/tmp'"),
        ("program", "program = 'no-such-program'"),
        ("program", "program = ''"),
        ("payload_schema", "payload_schema = { type = 'objekt' }"),
        (
            "payload_schema",
            "payload_schema = { '$ref' = 'https://example.org/schema.json' }",
        ),
        (
            "payload_schema",
            "payload_schema = { properties = { width = { pattern = '(' } } }",
        ),
        ("payload_schema", "payload_schema = 'no-such-file.json'"),
        ("payload_schema", "payload_schema = 7"),
        ("timeout_seconds", "timeout_seconds = 0"),
        ("timeout_seconds", "timeout_seconds = 604801"),
        ("timeout_seconds", "timeout_seconds = -1"),
        ("timeout_seconds", ""),
        ("memory_limit_mb", "memory_limit_mb = 1"),
        ("memory_limit_mb", "memory_limit_mb = 9000000000"),
        ("max_attempts", "max_attempts = 0"),
        ("queue", "queue = 'Reports'"),
        ("arguments", "arguments = [\"a\\u0000\"]"),
        ("environment", "environment = { pass = ['A=B'] }"),
        ("environment", "environment = { pass = ['GANTRY_TOKEN'] }"),
        (
            "environment",
            "environment = { pass = ['LANG'], set = { LANG = 'C' } }",
        ),
        (
            "environment",
            "environment = { set = { LANG = \"\\u0000\" } }",
        ),
        ("environment", "environment = { inherit = true }"),
        ("exit_codes", "exit_codes = { retry = [1], final = [1] }"),
        ("exit_codes", "exit_codes = { final = [0] }"),
        ("exit_codes", "exit_codes = { retry = [256] }"),
        ("progress_pattern", "progress_pattern = '('"),
        ("progress_pattern", "progress_pattern = '[0-9]+%'"),
        ("result_file", "result_file = '../result.json'"),
        ("result_file", "result_file = 'payload.json'"),
        ("result_file", "result_file = '.'"),
        ("timeout", "timeout = 7"),
    ];
    let told: Vec<String> = faults
        .iter()
        .map(|(field, line)| match read(&least_with(field, line)) {
            Err(error) => format!("{line}\n    {error}"),
            Ok(_) => format!("{line}\n    ACCEPTED"),
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_file_that_is_missing_broken_empty_or_too_large_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let told = [
        read_in(folder.path()),
        read(""),
        read("kind = 7"),
        read("[[kind]]\nname = \n"),
        read("[[kinds]]\n"),
        read(&format!("{LEAST}{LEAST}")),
        read(&"#".repeat(FILE_LIMIT_BYTES as usize + 1)),
    ];
    let told: Vec<String> = told
        .into_iter()
        .map(|result| result.expect_err("a fault"))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

proptest! {
    #[test]
    fn no_text_makes_reading_panic_or_tell_more_than_one_line(text in "(\\[\\[kind\\]\\]\n)?([a-z_]{1,16} ?= ?\\PC{0,12}\n?){0,6}") {
        if let Err(error) = read(&text) {
            prop_assert!(!error.contains('\n'), "{}", error);
        }
    }
}
