//! Jobs, lines and refusals as the API writes them.

use gantry_domain::{JobId, LogLine};
use serde_json::{Value, json};

pub const JOB_ID: &str = "01938a5e-7c00-7000-8000-00000000002a";

pub fn job_id() -> JobId {
    JOB_ID.parse().expect("a UUID")
}

/// A job without payload and result, as lists show it.
pub fn job_summary(state: &str) -> Value {
    let is_over = matches!(state, "succeeded" | "failed" | "cancelled");
    json!({
        "id": JOB_ID,
        "kind": "qe.relax.v1",
        "queue": "chemistry",
        "priority": "normal",
        "state": state,
        "attempt": 2,
        "max_attempts": 4,
        "losses": 1,
        "timeout_seconds": 5400,
        "error": (state == "failed").then(|| json!({
            "code": "deadline_exceeded",
            "message": "The attempt took longer than 5400 s and was stopped.",
            "detail": {"timeout_seconds": 5400},
        })),
        "progress": {"step": 3, "energy_ry": -2.331},
        "created_by": "6f1c2a70-8d0b-5c53-9a3e-6b7df04e91c2",
        "tenant_id": "7f1c2a70-8d0b-5c53-9a3e-6b7df04e91c2",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "worker": "worker-1",
        "run_at": "2026-11-20T08:00:00Z",
        "created_at": "2026-11-20T08:00:00Z",
        "started_at": "2026-11-20T08:00:01.250Z",
        "finished_at": is_over.then_some("2026-11-20T08:02:04.500Z"),
        "cancel_requested_at": null,
        "tags": ["hydrogen", "first try"],
        "unique_key": null,
    })
}

pub fn job(state: &str) -> Value {
    let mut job = job_summary(state);
    job["payload"] = json!({"input": "&CONTROL\n/\n"});
    job["result"] = if state == "succeeded" {
        json!({"converged": true})
    } else {
        Value::Null
    };
    job
}

pub fn attempts() -> Value {
    json!({"items": [
        {
            "attempt": 1,
            "outcome": "lost",
            "worker": "worker-2",
            "started_at": "2026-11-20T08:00:01Z",
            "finished_at": "2026-11-20T08:01:01Z",
            "error": {"code": "worker_lost", "message": "The worker that ran it was lost."},
        },
        {
            "attempt": 2,
            "outcome": "running",
            "worker": "worker-1",
            "started_at": "2026-11-20T08:01:02Z",
            "finished_at": null,
            "error": null,
        },
    ], "next_cursor": null})
}

pub fn line(attempt: u32, seq: u64) -> Value {
    json!({
        "attempt": attempt,
        "seq": seq,
        "at": format!("2026-11-20T08:00:0{}.{seq:03}Z", attempt % 10),
        "stream": "stdout",
        "level": "info",
        "text": format!("line {seq}"),
    })
}

pub fn log_line(attempt: u32, seq: u64) -> LogLine {
    serde_json::from_value(line(attempt, seq)).expect("a log line")
}

/// Lines from everywhere, one of which tries to clear the reader's screen.
pub fn motley_lines() -> Vec<Value> {
    let mut lines: Vec<Value> = (1..=5).map(|seq| line(1, seq)).collect();
    lines[1]["stream"] = json!("stderr");
    lines[2]["stream"] = json!("handler");
    lines[2]["level"] = json!("warn");
    lines[3]["text"] = json!("\u{1b}[2Jcleared\u{7}");
    lines[4]["stream"] = json!("gantry");
    lines[4]["level"] = json!("error");
    lines
}

pub fn refusal(status: u16, code: &str) -> Value {
    json!({
        "type": format!("urn:gantry:problem:{code}"),
        "title": "The request has faults",
        "status": status,
        "detail": "Each fault is listed in errors with its place.",
        "code": code,
        "request_id": "0f5d5b6e",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "errors": [
            {"path": "payload.input", "message": "is missing"},
            {"path": "queue", "message": "is not a valid queue name"},
        ],
    })
}
