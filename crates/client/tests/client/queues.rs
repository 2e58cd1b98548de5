//! Queues on the command line.

use insta::assert_snapshot;
use serde_json::json;

use crate::gantry::{run, seen};
use crate::scripted_server::{Answer, ScriptedServer};

#[test]
fn queues_are_a_table() {
    let busy = json!({
        "name": "default",
        "depth": {"high": 1, "normal": 20, "low": 300, "total": 321},
        "oldest_waiting_at": null,
        "running": 8,
        "workers": 2,
        "paused": null,
        "rates": {"started_per_minute": 120.0, "finished_per_minute": 118.4, "failed_per_minute": 0.04},
    });
    let paused = json!({
        "name": "qe",
        "depth": {"high": 0, "normal": 0, "low": 0, "total": 0},
        "oldest_waiting_at": null,
        "running": 0,
        "workers": 1,
        "paused": {
            "scope": "queue", "subject": "qe", "reason": "upgrade\u{7}", "paused_at": "2026-11-20T08:00:00Z",
            "paused_by": null, "paused_by_name": null,
        },
        "rates": null,
    });
    let page = json!({"items": [busy, paused], "next_cursor": null});
    let server = ScriptedServer::start(vec![Answer::json(200, &page)]);
    assert_snapshot!(seen(&server, &run(&server, &["queues"])));
    assert_eq!(server.only_request().line, "GET /api/v1/queues");

    let server = ScriptedServer::start(vec![Answer::json(200, &page)]);
    let output = run(&server, &["queues", "-o", "json"]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(lines, page["items"].as_array().expect("a list").as_slice());
}
