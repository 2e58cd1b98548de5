//! Pauses on the command line: what is sent, and what is shown.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::gantry::{run, seen, status};
use crate::scripted_server::{Answer, ScriptedServer};

const TENANT_ID: &str = "7f1c2a70-8d0b-5c53-9a3e-6b7df04e91c2";

fn pause(scope: &str, subject: &str, reason: Option<&str>) -> Value {
    json!({
        "scope": scope,
        "subject": subject,
        "reason": reason,
        "paused_at": "2026-11-20T08:00:00Z",
        "paused_by": "6f1c2a70-8d0b-5c53-9a3e-6b7df04e91c2",
        "paused_by_name": "ada@example.com",
    })
}

fn answering(answer: &Value) -> ScriptedServer {
    ScriptedServer::start(vec![Answer::json(200, answer)])
}

#[test]
fn a_pause_is_one_line_and_sends_what_was_said() {
    let mut answer = pause("queue", "qe", Some("upgrade"));
    answer["told_to_end"] = json!(2);
    let server = answering(&answer);
    let pause = [
        "pause",
        "queue",
        "qe",
        "--cancel-running",
        "--reason",
        "upgrade",
    ];
    assert_snapshot!(seen(&server, &run(&server, &pause)));
    let request = server.only_request();
    assert_eq!(request.line, "POST /api/v1/queues/qe/pause");
    let body: Value = serde_json::from_str(&request.body).expect("JSON");
    assert_eq!(body, json!({"reason": "upgrade", "running": "cancel"}));
}

#[test]
fn running_jobs_go_on_unless_told_otherwise() {
    let mut answer = pause("tenant", TENANT_ID, None);
    answer["told_to_end"] = json!(0);
    let server = answering(&answer);
    let output = run(&server, &["pause", "tenant", TENANT_ID]);
    assert_snapshot!(seen(&server, &output));
    let request = server.only_request();
    assert_eq!(
        request.line,
        format!("POST /api/v1/tenants/{TENANT_ID}/pause")
    );
    let body: Value = serde_json::from_str(&request.body).expect("JSON");
    assert_eq!(body, json!({"running": "continue"}));
}

#[test]
fn a_resumption_is_one_line() {
    for was_paused in [true, false] {
        let answer = json!({"scope": "user", "subject": TENANT_ID, "was_paused": was_paused});
        let server = answering(&answer);
        let output = run(&server, &["resume", "user", TENANT_ID]);
        assert_snapshot!(
            format!("resumed_was_paused_{was_paused}"),
            seen(&server, &output)
        );
        assert_eq!(
            server.only_request().line,
            format!("POST /api/v1/users/{TENANT_ID}/resume")
        );
    }
}

#[test]
fn pauses_are_a_table() {
    let items = [
        pause("queue", "qe", Some("upgrade until\u{7} five")),
        pause("tenant", TENANT_ID, None),
    ];
    let server = answering(&json!({"items": items, "next_cursor": null}));
    assert_snapshot!(seen(&server, &run(&server, &["pauses"])));
    assert_eq!(server.only_request().line, "GET /api/v1/pauses");

    let server = answering(&json!({"items": [], "next_cursor": null}));
    assert_snapshot!("no_pauses", seen(&server, &run(&server, &["pauses"])));
}

#[test]
fn an_id_that_is_none_is_refused_before_anything_is_sent() {
    for subject in [["tenant", "acme"], ["user", "me"], ["queue", "No Queue"]] {
        let server = ScriptedServer::start(Vec::new());
        let output = run(&server, &["pause", subject[0], subject[1]]);
        assert_eq!(status(&output), Some(2), "{subject:?}");
        assert!(server.requests().is_empty());
    }
}
