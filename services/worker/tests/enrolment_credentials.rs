//! The credentials file of an enrolled machine: for its user alone, and refused in words that say what to do.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};

use gantry_worker::enrolment::{Credentials, CredentialsError};
use serde_json::{Value, json};
use tempfile::TempDir;

fn document() -> Value {
    json!({
        "version": 1,
        "api_url": "https://gantry.example.com",
        "token_id": "01890000-0000-7000-8000-000000000001",
        "token": "gw_secret-word",
        "tenant_id": "01890000-0000-7000-8000-000000000002",
        "queues": ["own-gpu", "own-cpu"],
        "database_url": "postgres://login:secret-word@db.example.com/gantry",
        "redis_url": "rediss://user:secret-word@redis.example.com",
        "redis_prefix": "gantry",
    })
}

fn written(folder: &TempDir, text: &str, mode: u32) -> PathBuf {
    let path = folder.path().join("credentials.json");
    fs::write(&path, text).expect("a temporary file can be written");
    fs::set_permissions(&path, Permissions::from_mode(mode)).expect("its mode can be set");
    path
}

/// The worker's own program, without any setting but these.
fn worker(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gantry-worker"))
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .output()
        .expect("the worker's program runs")
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_file_says_where_the_servers_are_and_shows_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder, &document().to_string(), 0o600);
    let credentials = Credentials::read(&path).unwrap();
    assert_eq!(credentials.queue_list(), "own-gpu,own-cpu");
    let database = credentials.variable("DATABASE_URL").unwrap();
    assert_eq!(
        database,
        "postgres://login:secret-word@db.example.com/gantry"
    );
    assert_eq!(
        credentials.variable("GANTRY_REDIS_PREFIX").unwrap(),
        "gantry"
    );
    assert_eq!(credentials.variable("RUST_LOG"), None);
    assert!(!format!("{credentials:?}").contains("secret-word"));
}

#[test]
fn a_file_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for mode in [0o640, 0o604, 0o660] {
        let path = written(&folder, &document().to_string(), mode);
        let refused = Credentials::read(&path).unwrap_err();
        assert!(
            matches!(refused, CredentialsError::OpenToOthers { .. }),
            "{mode:o}"
        );
    }
}

#[test]
fn a_file_that_holds_something_else_is_refused_without_repeating_it() {
    let folder = tempfile::tempdir().unwrap();
    let with = |name: &str, value: Value| {
        let mut document = document();
        document[name] = value;
        document.to_string()
    };
    for text in [
        "secret-word".to_owned(),
        "{}".to_owned(),
        with("version", json!(2)),
        with("queues", json!([])),
        with("another", json!("secret-word")),
    ] {
        let path = written(&folder, &text, 0o600);
        let refused = Credentials::read(&path).unwrap_err();
        assert!(
            matches!(refused, CredentialsError::NotCredentials { .. }),
            "{text}"
        );
        assert!(!refused.to_string().contains("secret-word"));
    }
}

#[test]
fn a_worker_that_must_be_enrolled_does_not_start_without_credentials() {
    let settings = [
        ("DATABASE_URL", "postgres://127.0.0.1:1/gantry"),
        ("REDIS_URL", "redis://127.0.0.1:1"),
        ("GANTRY_REQUIRE_WORKER_TOKEN", "true"),
    ];
    let refused = worker(&[], &settings);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        words(&refused).contains("gantry-worker enroll"),
        "{}",
        words(&refused)
    );
    let missing = [
        &settings[..],
        &[("GANTRY_WORKER_CREDENTIALS_FILE", "/nowhere/at-all")],
    ]
    .concat();
    let refused = worker(&[], &missing);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        words(&refused).contains("/nowhere/at-all"),
        "{}",
        words(&refused)
    );
}

/// A secret is sent to the API, so it goes over TLS or stays on the machine; and it is not used up for nothing.
#[test]
fn enrolling_is_refused_before_the_token_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("credentials.json");
    let file = file.to_str().unwrap();
    let token = ("GANTRY_ENROL_TOKEN", "ge_secret-word");
    let here = ("GANTRY_URL", "http://127.0.0.1:1");
    let to_file = ("GANTRY_WORKER_CREDENTIALS_FILE", file);
    for (settings, says) in [
        (vec![token, to_file], "GANTRY_URL"),
        (
            vec![token, to_file, ("GANTRY_URL", "http://gantry.example.com")],
            "https",
        ),
        (vec![here, to_file], "GANTRY_ENROL_TOKEN_FILE"),
        (
            vec![
                here,
                to_file,
                ("GANTRY_ENROL_TOKEN_FILE", "/nowhere/at-all"),
            ],
            "/nowhere/at-all",
        ),
        (vec![here, token], "GANTRY_WORKER_CREDENTIALS_FILE"),
        (
            vec![
                here,
                token,
                ("GANTRY_WORKER_CREDENTIALS_FILE", "/nowhere/at-all"),
            ],
            "cannot be written",
        ),
        (vec![here, token, to_file], "the API cannot be asked"),
    ] {
        let refused = worker(&["enroll"], &settings);
        assert_eq!(refused.status.code(), Some(2), "{says}");
        assert!(
            words(&refused).contains(says),
            "{says}: {}",
            words(&refused)
        );
        assert!(!words(&refused).contains("secret-word"));
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            0,
            "nothing is left behind"
        );
    }
}
