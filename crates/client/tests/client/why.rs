//! Why a job is where it is, on the command line.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::gantry::{run, seen};
use crate::samples::JOB_ID;
use crate::scripted_server::{Answer, ScriptedServer};

#[test]
fn the_sentence_is_shown_and_further_reasons_below_it() {
    let why = json!({
        "job_id": JOB_ID,
        "state": "queued",
        "reason": "queue_paused",
        "sentence": "Its queue qe is paused since 2026-11-20T08:00:00Z: upgrade\u{1b}[31m.",
        "details": {"scope": "queue", "subject": "qe"},
        "also": [{
            "reason": "a_reason_of_a_later_version",
            "sentence": "Something else keeps it.",
            "details": {"number": 1},
        }],
    });
    let server = ScriptedServer::start(vec![Answer::json(200, &why)]);
    assert_snapshot!(seen(&server, &run(&server, &["why", JOB_ID])));
    assert_eq!(
        server.only_request().line,
        format!("GET /api/v1/jobs/{JOB_ID}/why")
    );

    let server = ScriptedServer::start(vec![Answer::json(200, &why)]);
    let output = run(&server, &["why", JOB_ID, "-o", "json"]);
    let shown: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(shown, why);
}
