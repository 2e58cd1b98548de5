//! API keys on the command line: what is sent, and what is shown.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::gantry::{command, finish, run, seen, start, status};
use crate::scripted_server::{Answer, ScriptedServer};

const ID: &str = "019a9c2a-70d0-7c53-9a3e-6b7df04e91c2";

fn key(revoked_at: Value) -> Value {
    json!({
        "id": ID,
        "name": "nightly",
        "prefix": "gk_0123456789abcdef",
        "scopes": ["jobs:read", "jobs:submit"],
        "created_by": "6f1c2a70-8d0b-5c53-9a3e-6b7df04e91c2",
        "created_at": "2026-11-20T08:00:00Z",
        "expires_at": "2027-02-18T08:00:00Z",
        "last_used_at": null,
        "revoked_at": revoked_at,
    })
}

#[test]
fn keys_are_a_table_with_and_without_the_verb() {
    for words in [&["keys"][..], &["keys", "list"]] {
        let items = [key(Value::Null), key(json!("2026-11-21T08:00:00Z"))];
        let page = json!({"items": items, "next_cursor": "further"});
        let server = ScriptedServer::start(vec![Answer::json(200, &page)]);
        assert_snapshot!("keys_are_a_table", seen(&server, &run(&server, words)));
        assert_eq!(server.only_request().line, "GET /api/v1/api-keys");
    }
}

#[test]
fn a_key_that_was_made_is_the_only_thing_on_standard_output() {
    let mut made = key(Value::Null);
    made["key"] = json!("gk_0123456789abcdef_secret");
    let server = ScriptedServer::start(vec![Answer::json(201, &made)]);
    let words = [
        "keys",
        "create",
        "nightly",
        "--scope",
        "jobs:read",
        "--scope",
        "jobs:submit",
    ];
    let output = run(&server, &words);
    assert_eq!(output.stdout, b"gk_0123456789abcdef_secret\n");
    assert_snapshot!(seen(&server, &output));
    let request = server.only_request();
    assert_eq!(request.line, "POST /api/v1/api-keys");
    let body: Value = serde_json::from_str(&request.body).expect("JSON");
    assert_eq!(
        body,
        json!({"name": "nightly", "scopes": ["jobs:read", "jobs:submit"], "expires_in_days": 90})
    );
}

#[test]
fn a_revoked_key_is_one_line() {
    let nothing = Answer::text(204, "application/json", String::new());
    let server = ScriptedServer::start(vec![nothing]);
    let output = run(&server, &["keys", "revoke", ID]);
    assert_eq!(status(&output), Some(0));
    assert_snapshot!(seen(&server, &output));
    assert_eq!(
        server.only_request().line,
        format!("DELETE /api/v1/api-keys/{ID}")
    );
}

#[test]
fn an_api_key_is_presented_as_a_token_is() {
    let page = json!({"items": [], "next_cursor": null});
    let server = ScriptedServer::start(vec![Answer::json(200, &page)]);
    let mut jobs = command(&server, &["jobs"]);
    jobs.env("GANTRY_TOKEN", "gk_0123456789abcdef_secret");
    assert_eq!(status(&finish(start(&mut jobs))), Some(0));
    assert_eq!(
        server.only_request().header("authorization"),
        Some("Bearer gk_0123456789abcdef_secret")
    );
}
