//! Concurrency limits on the command line: what is sent, and what is shown.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::gantry::{run, seen, status};
use crate::scripted_server::{Answer, ScriptedServer};

const TENANT_ID: &str = "7f1c2a70-8d0b-5c53-9a3e-6b7df04e91c2";

fn limit(scope: &str, subject: &str) -> Value {
    json!({
        "scope": scope,
        "subject": subject,
        "max_running": 5,
        "set_by": "6f1c2a70-8d0b-5c53-9a3e-6b7df04e91c2",
        "set_at": "2026-11-20T08:00:00Z",
    })
}

#[test]
fn limits_are_a_table() {
    let items = [limit("kind", "qe.relax.v1"), limit("tenant", "default")];
    let page = json!({"items": items, "next_cursor": null});
    let server = ScriptedServer::start(vec![Answer::json(200, &page)]);
    assert_snapshot!(seen(&server, &run(&server, &["limits"])));
    assert_eq!(server.only_request().line, "GET /api/v1/limits");
}

#[test]
fn a_limit_that_was_set_is_one_line() {
    for (scope, subject) in [
        ("kind", "qe.relax.v1"),
        ("tenant", "default"),
        ("tenant", TENANT_ID),
    ] {
        let answer = Answer::json(200, &limit(scope, subject));
        let server = ScriptedServer::start(vec![answer]);
        let output = run(&server, &["limits", "set", scope, subject, "5"]);
        assert_snapshot!(format!("set_{scope}_{subject}"), seen(&server, &output));
        let request = server.only_request();
        assert_eq!(
            request.line,
            format!("PUT /api/v1/limits/{scope}s/{subject}")
        );
        let body: Value = serde_json::from_str(&request.body).expect("JSON");
        assert_eq!(body, json!({"max_running": 5}));
    }
}

#[test]
fn a_limit_that_was_removed_is_one_line() {
    let nothing = Answer::text(204, "application/json", String::new());
    let server = ScriptedServer::start(vec![nothing]);
    let output = run(&server, &["limits", "remove", "tenant", "default"]);
    assert_snapshot!(seen(&server, &output));
    assert_eq!(
        server.only_request().line,
        "DELETE /api/v1/limits/tenants/default"
    );
}

#[test]
fn a_limit_that_cannot_be_is_refused_before_anything_is_sent() {
    for words in [
        ["tenant", "acme", "5"],
        ["tenant", "default", "0"],
        ["kind", "relax", "5"],
        ["kind", "qe.relax.v1", "1000001"],
    ] {
        let server = ScriptedServer::start(Vec::new());
        let output = run(&server, &[&["limits", "set"], &words[..]].concat());
        assert_eq!(status(&output), Some(2), "{words:?}");
        assert!(server.requests().is_empty());
    }
}
