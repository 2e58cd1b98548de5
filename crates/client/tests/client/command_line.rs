//! What the command line understands and what it refuses.

use std::fs;
use std::net::TcpListener;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::gantry::{bare_command, command, finish, run, run_with_input, seen, start, status};
use crate::samples::{JOB_ID, job};
use crate::scripted_server::{Answer, ScriptedServer};

const INPUT: &str = "&CONTROL\n/\n";

fn accepting() -> ScriptedServer {
    ScriptedServer::start(vec![Answer::json(202, &job("queued"))])
}

fn submitted(server: &ScriptedServer) -> Value {
    serde_json::from_str(&server.only_request().body).expect("JSON")
}

fn submit_file(kind: &str, file_name: &str, text: &str) -> (ScriptedServer, std::process::Output) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(file_name);
    fs::write(&path, text).expect("a writable folder");
    let server = accepting();
    let output = run(&server, &["submit", kind, &format!("@{}", path.display())]);
    (server, output)
}

fn error_of(arguments: &[&str]) -> String {
    let server = ScriptedServer::start(Vec::new());
    let output = run(&server, arguments);
    assert_eq!(status(&output), Some(2), "{arguments:?}");
    assert!(server.requests().is_empty(), "{arguments:?}");
    String::from_utf8(output.stderr).expect("UTF-8")
}

#[test]
fn the_help_names_every_command_and_exit_status() {
    let server = ScriptedServer::start(Vec::new());
    assert_snapshot!(seen(
        &server,
        &finish(start(&mut bare_command(&["--help"])))
    ));
}

#[test]
fn the_help_of_submit_says_what_a_payload_may_be() {
    let server = ScriptedServer::start(Vec::new());
    let output = finish(start(&mut bare_command(&["submit", "--help"])));
    assert_snapshot!(seen(&server, &output));
}

#[test]
fn every_command_explains_itself() {
    for name in [
        "submit",
        "logs",
        "jobs",
        "job",
        "attempts",
        "cancel",
        "retry",
        "schedules",
        "schedule",
        "kinds",
        "workers",
        "me",
        "dev",
        "demo",
    ] {
        let output = finish(start(&mut bare_command(&[name, "--help"])));
        assert_eq!(status(&output), Some(0), "{name}");
    }
}

#[test]
fn a_payload_may_stand_on_the_command_line() {
    let server = accepting();
    run(&server, &["submit", "system.ping", r#"{"a": 1}"#]);
    assert_eq!(submitted(&server)["payload"], json!({"a": 1}));
}

#[test]
fn a_payload_may_come_from_standard_input() {
    let server = accepting();
    run_with_input(&server, &["submit", "system.ping", "-"], r#"{"a": 1}"#);
    assert_eq!(submitted(&server)["payload"], json!({"a": 1}));
}

#[test]
fn a_payload_may_come_from_a_file() {
    let (server, _) = submit_file("system.ping", "payload", r#"{"a": 1}"#);
    assert_eq!(submitted(&server)["payload"], json!({"a": 1}));
}

#[test]
fn an_input_file_becomes_the_input_of_a_relaxation() {
    let (server, _) = submit_file("qe.relax.v1", "h2_relax.in", INPUT);
    assert_eq!(submitted(&server)["payload"], json!({"input": INPUT}));
}

#[test]
fn a_json_file_is_the_payload_of_a_relaxation_itself() {
    let payload = json!({"input": INPUT, "options": {"max_wall_seconds": 60}});
    let (server, _) = submit_file("qe.relax.v1", "h2.json", &payload.to_string());
    assert_eq!(submitted(&server)["payload"], payload);
}

#[test]
fn an_input_text_on_standard_input_becomes_the_input_of_a_relaxation() {
    let server = accepting();
    run_with_input(&server, &["submit", "qe.relax.v1", "-"], INPUT);
    assert_eq!(submitted(&server)["payload"], json!({"input": INPUT}));
}

#[test]
fn every_choice_of_a_submission_is_sent() {
    let server = accepting();
    run(
        &server,
        &[
            "submit",
            "system.ping",
            "{}",
            "--queue",
            "slow",
            "--priority",
            "low",
            "--run-at",
            "2027-01-31T18:00:00Z",
            "--max-attempts",
            "2",
            "--timeout-seconds",
            "60",
            "--tag",
            "a",
            "--tag",
            "b",
        ],
    );
    assert_eq!(
        submitted(&server),
        json!({
            "kind": "system.ping", "payload": {}, "queue": "slow", "priority": "low",
            "run_at": "2027-01-31T18:00:00Z", "max_attempts": 2, "timeout_seconds": 60,
            "tags": ["a", "b"],
        })
    );
}

#[test]
fn a_payload_that_is_not_json_is_refused_before_anything_is_sent() {
    assert!(error_of(&["submit", "system.ping", "{"]).contains("the payload is not JSON"));
}

#[test]
fn a_payload_file_that_is_not_there_is_named() {
    let server = ScriptedServer::start(Vec::new());
    let output = run(&server, &["submit", "system.ping", "@missing.json"]);
    assert_snapshot!(seen(&server, &output));
}

#[test]
fn a_payload_beyond_the_limit_is_refused_before_anything_is_sent() {
    let text = format!("\"{}\"", "x".repeat(gantry_domain::PAYLOAD_LIMIT_BYTES));
    let (server, output) = submit_file("system.ping", "large.json", &text);
    assert_eq!(status(&output), Some(2));
    assert!(server.requests().is_empty());
}

#[test]
fn words_that_mean_nothing_are_refused_with_those_that_do() {
    assert!(error_of(&["jobs", "--state", "done"]).contains("succeeded"));
    assert!(error_of(&["job", "42"]).contains("<JOB>"));
    assert!(error_of(&["submit", "Ping", "{}"]).contains("not a valid kind name"));
    assert!(error_of(&["submit", "system.ping", "{}", "--priority", "urgent"]).contains("high"));
    assert!(error_of(&["submit", "system.ping", "{}", "--run-at", "soon"]).contains("--run-at"));
    assert!(error_of(&["jobs", "--limit", "201"]).contains("200"));
    assert!(error_of(&["logs", JOB_ID, "--attempt", "0"]).contains("--attempt"));
    assert!(error_of(&["logs", JOB_ID, "--attempt", "1", "--previous"]).contains("--previous"));
    assert!(error_of(&["jobs", "-o", "yaml"]).contains("json"));
    assert!(error_of(&["retry"]).contains("--error-code"));
    assert!(error_of(&["cancel", JOB_ID, "--kind", "a.b"]).contains("--kind"));
    assert!(error_of(&["dance"]).contains("dance"));
}

#[test]
fn a_token_and_a_development_user_contradict_each_other() {
    let server = ScriptedServer::start(Vec::new());
    let mut contradictory = command(&server, &["jobs"]);
    contradictory
        .env("GANTRY_TOKEN", "s3cret")
        .env("GANTRY_DEV_USER_ID", "alice");
    assert_snapshot!(seen(&server, &finish(start(&mut contradictory))));
}

#[test]
fn flags_go_before_the_environment() {
    let server = accepting();
    let mut command = command(
        &server,
        &["submit", "system.ping", "{}", "--dev-user-id", "bob"],
    );
    finish(start(command.env("GANTRY_DEV_USER_ID", "alice")));
    assert_eq!(server.only_request().header("x-dev-user-id"), Some("bob"));
}

#[test]
fn a_token_in_the_environment_never_shows_in_the_help() {
    let mut help = bare_command(&["--help"]);
    let output = finish(start(help.env("GANTRY_TOKEN", "s3cret")));
    assert!(
        !String::from_utf8(output.stdout)
            .expect("UTF-8")
            .contains("s3cret")
    );
}

#[test]
fn an_api_that_is_not_there_is_said_to_be_away() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound listener");
    drop(listener);
    for arguments in [&["jobs"][..], &["logs", "-f", JOB_ID]] {
        let mut command = bare_command(arguments);
        let output = finish(start(
            command.env("GANTRY_URL", format!("http://{address}")),
        ));
        assert_eq!(status(&output), Some(4));
        let error = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(error.contains("Connection refused"), "{error}");
        assert!(error.contains("gantry dev"), "{error}");
    }
}

#[test]
fn a_port_that_is_taken_is_refused_before_servers_are_started() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener
        .local_addr()
        .expect("a bound listener")
        .port()
        .to_string();
    let output = finish(start(&mut bare_command(&["dev", "--port", &port])));
    assert_eq!(status(&output), Some(2));
    let error = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(
        error.contains(&format!("port {port} on 127.0.0.1 cannot be used")),
        "{error}"
    );
}
