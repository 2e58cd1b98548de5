//! Schedules on the command line: what is sent, and what is shown.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::gantry::{bare_command, finish, run, seen, start, status};
use crate::samples::{JOB_ID, job};
use crate::scripted_server::{Answer, ScriptedServer};

const SCHEDULE_ID: &str = "01938a5e-7c00-7000-8000-0000000000aa";

fn summary(is_paused: bool) -> Value {
    json!({
        "id": SCHEDULE_ID,
        "name": "nightly-relaxation",
        "cron": "30 2 * * MON-FRI",
        "time_zone": "Europe/Berlin",
        "missed": "run_once",
        "kind": "qe.relax.v1",
        "queue": "chemistry",
        "priority": "low",
        "max_attempts": 4,
        "timeout_seconds": 5400,
        "tags": ["hydrogen"],
        "tenant_id": "7f1c2a70-8d0b-5c53-9a3e-6b7df04e91c2",
        "created_by": "6f1c2a70-8d0b-5c53-9a3e-6b7df04e91c2",
        "paused_at": is_paused.then_some("2026-11-20T08:00:00Z"),
        "next_run_at": (!is_paused).then_some("2026-11-23T01:30:00Z"),
        "last_run_at": "2026-11-20T01:30:00.250Z",
        "last_job_id": JOB_ID,
        "created_at": "2026-11-01T08:00:00Z",
        "updated_at": "2026-11-02T08:00:00Z",
    })
}

fn schedule(is_paused: bool) -> Value {
    let mut schedule = summary(is_paused);
    schedule["payload"] = json!({"input": "&CONTROL\n/\n"});
    schedule["next_runs_at"] = if is_paused {
        json!([])
    } else {
        json!(["2026-11-23T01:30:00Z", "2026-11-24T01:30:00Z"])
    };
    schedule
}

fn answering(status: u16, answer: &Value) -> ScriptedServer {
    ScriptedServer::start(vec![Answer::json(status, answer)])
}

#[test]
fn schedules_are_a_table() {
    let page = json!({"items": [summary(false), summary(true)], "next_cursor": "abc"});
    let server = answering(200, &page);
    assert_snapshot!(seen(&server, &run(&server, &["schedules"])));
    assert_eq!(server.only_request().line, "GET /api/v1/schedules");
}

#[test]
fn a_list_goes_on_where_an_earlier_one_ended() {
    let server = answering(200, &json!({"items": [], "next_cursor": null}));
    let output = run(&server, &["schedules", "--cursor", "abc"]);
    assert_snapshot!(seen(&server, &output));
    assert_eq!(
        server.only_request().line,
        "GET /api/v1/schedules?cursor=abc"
    );
}

#[test]
fn a_schedule_is_shown_with_its_next_ticks() {
    let server = answering(200, &schedule(false));
    let output = run(&server, &["schedule", "show", SCHEDULE_ID]);
    assert_snapshot!(seen(&server, &output));
    let server = answering(200, &schedule(false));
    let output = run(&server, &["schedule", "show", SCHEDULE_ID, "-o", "json"]);
    let shown: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(shown, schedule(false));
}

#[test]
fn a_created_schedule_says_only_what_was_decided() {
    let server = answering(201, &schedule(false));
    let create = [
        "schedule",
        "create",
        "nightly",
        "0 2 * * *",
        "system.ping",
        "{}",
    ];
    assert_snapshot!(seen(&server, &run(&server, &create)));
    let request = server.only_request();
    assert_eq!(request.line, "POST /api/v1/schedules");
    let body: Value = serde_json::from_str(&request.body).expect("JSON");
    assert_eq!(
        body,
        json!({"name": "nightly", "cron": "0 2 * * *", "kind": "system.ping", "payload": {}})
    );
}

#[test]
fn every_choice_of_a_schedule_is_sent() {
    let server = answering(201, &schedule(false));
    let create = [
        "schedule",
        "create",
        "nightly",
        "0 2 * * *",
        "system.ping",
        "{}",
        "--time-zone",
        "Asia/Tokyo",
        "--missed",
        "run_once",
        "--queue",
        "slow",
        "--priority",
        "low",
        "--max-attempts",
        "2",
        "--timeout-seconds",
        "60",
        "--tag",
        "a",
        "--tag",
        "b",
    ];
    run(&server, &create);
    let body: Value = serde_json::from_str(&server.only_request().body).expect("JSON");
    assert_eq!(
        body,
        json!({
            "name": "nightly", "cron": "0 2 * * *", "time_zone": "Asia/Tokyo", "missed": "run_once",
            "kind": "system.ping", "payload": {}, "queue": "slow", "priority": "low", "max_attempts": 2,
            "timeout_seconds": 60, "tags": ["a", "b"],
        })
    );
}

#[test]
fn what_came_of_a_verb_is_one_line() {
    for (verb, http_status, answer) in [
        ("pause", 200, schedule(true)),
        ("resume", 200, schedule(false)),
        ("run", 202, job("queued")),
    ] {
        let server = answering(http_status, &answer);
        let output = run(&server, &["schedule", verb, SCHEDULE_ID]);
        assert_snapshot!(format!("schedule_{verb}"), seen(&server, &output));
        assert_eq!(
            server.only_request().line,
            format!("POST /api/v1/schedules/{SCHEDULE_ID}/{verb}")
        );
    }
}

#[test]
fn a_deleted_schedule_has_no_answer_to_read() {
    let nothing = Answer::text(204, "application/json", String::new());
    let server = ScriptedServer::start(vec![nothing]);
    let output = run(&server, &["schedule", "delete", SCHEDULE_ID]);
    assert_snapshot!(seen(&server, &output));
    assert_eq!(
        server.only_request().line,
        format!("DELETE /api/v1/schedules/{SCHEDULE_ID}")
    );
}

#[test]
fn a_timetable_that_cannot_be_is_refused_before_anything_is_sent() {
    for (cron, zone, reason) in [
        ("0 25 * * *", "UTC", "hour field must be 0-23"),
        ("0 0 * * *", "Berlin", "IANA"),
        ("@daily", "UTC", "five fields"),
    ] {
        let server = ScriptedServer::start(Vec::new());
        let create = [
            "schedule",
            "create",
            "nightly",
            cron,
            "system.ping",
            "{}",
            "--time-zone",
            zone,
        ];
        let output = run(&server, &create);
        assert_eq!(status(&output), Some(2), "{cron} {zone}");
        let error = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(error.contains(reason), "{error}");
        assert!(server.requests().is_empty());
    }
}

#[test]
fn every_verb_explains_itself() {
    for verb in ["create", "show", "pause", "resume", "run", "delete"] {
        let output = finish(start(&mut bare_command(&["schedule", verb, "--help"])));
        assert_eq!(status(&output), Some(0), "{verb}");
    }
}
