//! What each command shows for a fixed answer of the API.

use insta::assert_snapshot;
use serde_json::json;

use crate::gantry::{command, finish, run, seen, start};
use crate::samples::{JOB_ID, attempts, job, job_summary, motley_lines, refusal};
use crate::scripted_server::{Answer, ScriptedServer};

fn answering(answers: &[serde_json::Value]) -> ScriptedServer {
    ScriptedServer::start(
        answers
            .iter()
            .map(|answer| Answer::json(200, answer))
            .collect(),
    )
}

#[test]
fn jobs_are_a_table() {
    let page =
        json!({"items": [job_summary("running"), job_summary("failed")], "next_cursor": "abc"});
    let server = answering(&[page]);
    assert_snapshot!(seen(&server, &run(&server, &["jobs"])));
}

#[test]
fn all_jobs_are_fetched_page_by_page() {
    let server = answering(&[
        json!({"items": [job_summary("running")], "next_cursor": "abc"}),
        json!({"items": [job_summary("failed")], "next_cursor": null}),
    ]);
    let output = run(&server, &["jobs", "--all", "-o", "json"]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(text.lines().count(), 2);
    assert_eq!(
        server.requests()[1].line,
        "GET /api/v1/jobs?limit=200&cursor=abc"
    );
}

#[test]
fn a_list_without_jobs_says_so() {
    let server = answering(&[json!({"items": [], "next_cursor": null})]);
    assert_snapshot!(seen(&server, &run(&server, &["jobs", "--state", "failed"])));
}

#[test]
fn a_failed_job_is_shown_with_its_error() {
    let server = answering(&[job("failed")]);
    assert_snapshot!(seen(&server, &run(&server, &["job", JOB_ID])));
}

#[test]
fn a_job_that_succeeded_is_shown_with_its_result() {
    let server = answering(&[job("succeeded")]);
    assert_snapshot!(seen(&server, &run(&server, &["job", JOB_ID])));
}

#[test]
fn a_job_as_json_is_what_the_api_sent() {
    let server = answering(&[job("succeeded")]);
    let output = run(&server, &["job", JOB_ID, "-o", "json"]);
    let shown: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(shown["result"], json!({"converged": true}));
    assert_eq!(shown["id"], json!(JOB_ID));
}

#[test]
fn attempts_are_a_table() {
    let server = answering(&[attempts()]);
    assert_snapshot!(seen(&server, &run(&server, &["attempts", JOB_ID])));
}

#[test]
fn kinds_are_a_table() {
    let server = answering(&[json!({"items": [{
        "name": "qe.relax.v1",
        "description": "Relax a structure with Quantum ESPRESSO.",
        "payload_schema": {"type": "object"},
        "queue": "chemistry",
        "timeout_seconds": 86400,
        "retry": {"max_attempts": 4, "base_seconds": 30, "max_seconds": 600},
        "announced_at": "2026-11-20T08:00:00Z",
        "workers": 2,
    }], "next_cursor": null})]);
    assert_snapshot!(seen(&server, &run(&server, &["kinds"])));
}

#[test]
fn workers_are_a_table() {
    let server = answering(&[json!({"items": [{
        "id": "01938a5e-7c00-7000-8000-0000000000ff",
        "name": "worker-1",
        "state": "active",
        "queues": ["default", "chemistry"],
        "kinds": ["system.ping", "qe.relax.v1"],
        "concurrency": 4,
        "version": "0.1.0",
        "started_at": "2026-11-20T07:00:00Z",
        "heartbeat_at": "2026-11-20T08:00:00Z",
    }], "next_cursor": null})]);
    assert_snapshot!(seen(&server, &run(&server, &["workers"])));
}

#[test]
fn the_caller_is_shown() {
    let server = answering(&[json!({
        "id": "6f1c2a70-8d0b-5c53-9a3e-6b7df04e91c2",
        "tenant_id": "7f1c2a70-8d0b-5c53-9a3e-6b7df04e91c2",
        "issuer": "dev",
        "subject": "alice",
        "email": "alice@example.org",
        "display_name": null,
        "organization": {"id": "acme", "slug": null, "role": "admin"},
    })]);
    assert_snapshot!(seen(&server, &run(&server, &["me"])));
}

#[test]
fn what_came_of_cancelling_and_retrying_is_one_line() {
    let mut asked = job("running");
    asked["cancel_requested_at"] = json!("2026-11-20T08:01:00Z");
    let server = answering(&[asked, job("queued")]);
    assert_snapshot!("cancel", seen(&server, &run(&server, &["cancel", JOB_ID])));
    assert_snapshot!("retry", seen(&server, &run(&server, &["retry", JOB_ID])));
}

#[test]
fn a_stored_log_is_shown_without_its_control_characters() {
    let server = answering(&[
        json!({"items": motley_lines(), "next_cursor": null}),
        job("failed"),
    ]);
    assert_snapshot!(seen(&server, &run(&server, &["logs", JOB_ID])));
}

#[test]
fn without_yes_the_jobs_that_match_are_only_counted() {
    let server = answering(&[json!({"matched": 1000, "changed": 0, "remaining": true})]);
    let output = run(
        &server,
        &["retry", "--state", "failed", "--error-code", "broken"],
    );
    assert_snapshot!(seen(&server, &output));
    assert!(server.only_request().body.contains("\"dry_run\":true"));
}

#[test]
fn with_yes_all_jobs_that_match_are_changed_a_part_at_a_time() {
    let server = answering(&[
        json!({"matched": 1000, "changed": 990, "remaining": true}),
        json!({"matched": 5, "changed": 5, "remaining": false}),
    ]);
    let output = run(&server, &["cancel", "--kind", "system.ping", "--yes"]);
    assert_snapshot!(seen(&server, &output));
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn what_cannot_be_changed_is_not_asked_for_forever() {
    let server = answering(&[json!({"matched": 2, "changed": 0, "remaining": true})]);
    let output = run(&server, &["retry", "--tag", "night", "--yes", "-o", "json"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_taken_unique_key_names_the_job_that_holds_it() {
    let mut refused = refusal(409, "unique_key_taken");
    refused["job_id"] = json!(JOB_ID);
    let server = ScriptedServer::start(vec![Answer::json(409, &refused)]);
    let arguments = ["submit", "system.ping", "{}", "--unique-key", "nightly"];
    let output = run(&server, &arguments);
    let error = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(error.contains(&format!("job: {JOB_ID}")), "{error}");
}

#[test]
fn a_refusal_is_one_block() {
    let refused = Answer::json(422, &refusal(422, "invalid_request"));
    let server = ScriptedServer::start(vec![refused]);
    assert_snapshot!(seen(
        &server,
        &run(&server, &["submit", "qe.relax.v1", "{}"])
    ));
}

#[test]
fn an_api_that_does_not_know_the_caller_is_told_how_to_learn_it() {
    let refused = Answer::json(
        401,
        &json!({"type": "about:blank", "title": "Sign-in is required", "status": 401}),
    );
    let server = ScriptedServer::start(vec![refused]);
    assert_snapshot!(seen(&server, &run(&server, &["jobs"])));
}

#[test]
fn colours_are_for_terminals_and_for_those_who_insist() {
    let coloured = |name: &str| {
        let server = answering(&[job("failed")]);
        let output = finish(start(command(&server, &["job", JOB_ID]).env(name, "1")));
        output.stdout.contains(&0x1b)
    };
    assert!(coloured("CLICOLOR_FORCE"));
    assert!(!coloured("NO_COLOR"));
    assert!(!coloured("IRRELEVANT"));
}
