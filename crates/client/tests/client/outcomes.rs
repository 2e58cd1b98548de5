//! How following ends: with the job's status, with Ctrl-C, or with a reader that has gone.

use std::io::{BufRead, BufReader};

use serde_json::{Value, json};

use crate::gantry::{command, finish, run, start, status};
use crate::samples::{JOB_ID, job, line, refusal};
use crate::scripted_server::{Answer, ScriptedServer, StreamEnd, event};

fn followed_to(state: &str) -> Answer {
    let end = json!({"state": state, "attempt": 2, "error": job(state)["error"]});
    Answer::stream(
        &[event("line", &line(1, 1)), event("end", &end)],
        StreamEnd::Closed,
    )
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[test]
fn following_ends_with_the_jobs_status() {
    for (state, expected) in [("succeeded", 0), ("failed", 1), ("cancelled", 3)] {
        let server = ScriptedServer::start(vec![followed_to(state)]);
        let output = run(&server, &["logs", "-f", JOB_ID]);
        assert_eq!(status(&output), Some(expected), "{}", text(&output.stderr));
        assert!(text(&output.stdout).contains("stdout  line 1"));
        assert!(text(&output.stderr).contains(&format!("job {state}")));
    }
}

#[test]
fn following_a_past_attempt_ends_with_it_while_the_job_goes_on() {
    let server = ScriptedServer::start(vec![followed_to("running")]);
    let output = run(&server, &["logs", "-f", JOB_ID, "--attempt", "1"]);
    assert_eq!(status(&output), Some(0));
    assert!(text(&output.stderr).contains("the job is running"));
}

#[test]
fn a_failed_job_says_why_when_it_was_followed() {
    let server = ScriptedServer::start(vec![followed_to("failed")]);
    let output = run(&server, &["logs", "-f", JOB_ID]);
    assert!(text(&output.stderr).contains("deadline_exceeded: The attempt took longer"));
}

#[test]
fn a_stored_log_ends_with_the_jobs_status_too() {
    for (state, expected) in [
        ("succeeded", 0),
        ("failed", 1),
        ("cancelled", 3),
        ("running", 0),
    ] {
        let page = json!({"items": [line(1, 1)], "next_cursor": null});
        let server = ScriptedServer::start(vec![
            Answer::json(200, &page),
            Answer::json(200, &job(state)),
        ]);
        assert_eq!(
            status(&run(&server, &["logs", JOB_ID])),
            Some(expected),
            "{state}"
        );
    }
}

#[test]
fn a_log_as_json_is_one_line_per_line() {
    let server = ScriptedServer::start(vec![followed_to("succeeded")]);
    let output = run(&server, &["logs", "-f", JOB_ID, "-o", "json"]);
    let shown: Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    assert_eq!(shown["text"], json!("line 1"));
}

#[test]
fn a_long_stored_log_is_fetched_page_by_page() {
    let server = ScriptedServer::start(vec![
        Answer::json(200, &json!({"items": [line(1, 1)], "next_cursor": "1.1"})),
        Answer::json(200, &json!({"items": [line(2, 1)], "next_cursor": null})),
        Answer::json(200, &job("succeeded")),
    ]);
    let output = run(&server, &["logs", JOB_ID]);
    assert_eq!(text(&output.stdout).lines().count(), 2);
    assert_eq!(text(&output.stderr), "-- attempt 1 --\n-- attempt 2 --\n");
    assert!(
        server.requests()[1]
            .line
            .ends_with("/logs?limit=200&cursor=1.1")
    );
}

#[test]
fn the_previous_attempt_is_the_one_before_the_latest() {
    let server = ScriptedServer::start(vec![
        Answer::json(200, &job("running")),
        Answer::json(200, &json!({"items": [], "next_cursor": null})),
        Answer::json(200, &job("running")),
    ]);
    run(&server, &["logs", JOB_ID, "--previous", "--tail", "5"]);
    assert!(
        server.requests()[1]
            .line
            .ends_with("/logs?attempt=1&tail=5")
    );
}

#[test]
fn a_submitted_job_can_be_followed_at_once() {
    let server = ScriptedServer::start(vec![
        Answer::json(202, &job("queued")),
        followed_to("cancelled"),
    ]);
    let output = run(&server, &["submit", "system.ping", "{}", "--follow"]);
    assert_eq!(status(&output), Some(3));
    assert!(text(&output.stderr).contains(JOB_ID));
}

#[test]
fn a_submitted_jobs_id_is_all_there_is_on_standard_output() {
    let server = ScriptedServer::start(vec![Answer::json(202, &job("queued"))]);
    let output = run(&server, &["submit", "system.ping", "{}"]);
    assert_eq!(text(&output.stdout), format!("{JOB_ID}\n"));
}

#[test]
fn a_refusal_ends_with_status_4() {
    let refused = Answer::json(404, &refusal(404, "job_not_found"));
    assert_eq!(
        status(&run(
            &ScriptedServer::start(vec![refused]),
            &["logs", "-f", JOB_ID]
        )),
        Some(4)
    );
}

#[test]
fn an_interrupt_leaves_the_job_running_and_says_how_to_end_it() {
    let stream = Answer::stream(&[event("line", &line(1, 1))], StreamEnd::Silent);
    let server = ScriptedServer::start(vec![stream]);
    let mut child = start(&mut command(&server, &["logs", "-f", JOB_ID]));
    let mut standard_output = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut first_line = String::new();
    standard_output.read_line(&mut first_line).expect("a line");
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).expect("a process number"));
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).expect("it runs");
    let output = finish(child);
    assert_eq!(status(&output), Some(130));
    assert!(text(&output.stderr).contains(&format!("gantry cancel {JOB_ID}")));
    assert_eq!(server.requests().len(), 1, "nothing was cancelled");
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let lines: Vec<String> = (1..=20_000)
        .map(|seq| event("line", &line(1, seq)))
        .collect();
    let server = ScriptedServer::start(vec![Answer::stream(&lines, StreamEnd::Silent)]);
    let mut child = start(&mut command(&server, &["logs", "-f", JOB_ID]));
    let mut standard_output = BufReader::new(child.stdout.take().expect("it is piped"));
    standard_output
        .read_line(&mut String::new())
        .expect("a line");
    drop(standard_output);
    let output = finish(child);
    assert_eq!(status(&output), Some(0));
    assert_eq!(text(&output.stderr), "-- attempt 1 --\n");
}
