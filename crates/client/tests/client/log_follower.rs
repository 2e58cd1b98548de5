//! Following a log through every interruption, without a gap and without a repeat.

use std::time::Duration;

use gantry_client::{
    Client, ClientError, EVENT_LIMIT_BYTES, FollowOptions, LogEvent, ReconnectPolicy,
};
use gantry_domain::{JobState, LogCursor};
use serde_json::json;

use crate::samples::{job_id, line, log_line, refusal};
use crate::scripted_server::{Answer, ScriptedServer, StreamEnd, event};

/// Comes back at once, so that the tests do not wait.
fn impatient() -> FollowOptions {
    FollowOptions {
        reconnect: ReconnectPolicy {
            first_delay: Duration::from_millis(1),
            longest_delay: Duration::from_millis(2),
            failure_limit: 3,
        },
        ..FollowOptions::default()
    }
}

fn stream_of(events: &[String], end: StreamEnd) -> Answer {
    Answer::stream(events, end)
}

fn told_line(attempt: u32, seq: u64) -> String {
    event("line", &line(attempt, seq))
}

fn end() -> String {
    event(
        "end",
        &json!({"state": "succeeded", "attempt": 1, "error": null}),
    )
}

fn attempt(number: u32) -> String {
    event("attempt", &json!({"attempt": number}))
}

/// Everything a follower tells until the end or an error.
async fn follow(
    server: &ScriptedServer,
    options: FollowOptions,
) -> (Vec<LogEvent>, Result<(), ClientError>) {
    let client = Client::builder(&server.url).build().expect("a client");
    let mut follower = client.follow_logs(job_id(), options);
    let mut told = Vec::new();
    loop {
        match follower.next().await {
            Ok(Some(event)) => told.push(event),
            Ok(None) => return (told, Ok(())),
            Err(error) => return (told, Err(error)),
        }
    }
}

/// What is told in full, without the interruptions.
async fn follow_to_the_end(server: &ScriptedServer, options: FollowOptions) -> Vec<LogEvent> {
    let (mut told, outcome) = follow(server, options).await;
    outcome.expect("the log is followed to its end");
    told.retain(|event| !matches!(event, LogEvent::Interrupted { .. }));
    told
}

fn attempt_started(attempt: u32) -> LogEvent {
    LogEvent::AttemptStarted { attempt }
}

fn ended() -> LogEvent {
    LogEvent::Ended {
        state: JobState::Succeeded,
        error: None,
    }
}

#[tokio::test]
async fn lines_attempts_and_the_end_are_told_in_order() {
    let server = ScriptedServer::start(vec![stream_of(
        &[
            ": hello\n\n".to_owned(),
            attempt(1),
            told_line(1, 1),
            told_line(1, 2),
            event("truncated", &json!({"attempt": 1})),
            attempt(2),
            told_line(2, 1),
            end(),
        ],
        StreamEnd::Silent,
    )]);
    assert_eq!(
        follow_to_the_end(&server, impatient()).await,
        [
            attempt_started(1),
            LogEvent::Line(log_line(1, 1)),
            LogEvent::Line(log_line(1, 2)),
            LogEvent::Truncated { attempt: 1 },
            attempt_started(2),
            LogEvent::Line(log_line(2, 1)),
            ended(),
        ]
    );
    let request = server.only_request();
    assert!(
        request.line.ends_with("/logs?follow=true"),
        "{}",
        request.line
    );
    assert_eq!(request.header("accept"), Some("text/event-stream"));
    assert_eq!(request.header("last-event-id"), None);
}

#[tokio::test]
async fn a_broken_stream_goes_on_behind_the_last_line() {
    for broken in [StreamEnd::Closed, StreamEnd::Broken] {
        let server = ScriptedServer::start(vec![
            stream_of(&[attempt(1), told_line(1, 1), told_line(1, 2)], broken),
            stream_of(&[attempt(1), told_line(1, 3), end()], StreamEnd::Closed),
        ]);
        assert_eq!(
            follow_to_the_end(&server, impatient()).await,
            [
                attempt_started(1),
                LogEvent::Line(log_line(1, 1)),
                LogEvent::Line(log_line(1, 2)),
                LogEvent::Line(log_line(1, 3)),
                ended(),
            ]
        );
        assert_eq!(server.requests()[1].header("last-event-id"), Some("1.2"));
    }
}

#[tokio::test]
async fn an_interruption_is_told() {
    let server = ScriptedServer::start(vec![
        stream_of(&[told_line(1, 1)], StreamEnd::Closed),
        stream_of(&[end()], StreamEnd::Closed),
    ]);
    let (told, _) = follow(&server, impatient()).await;
    assert!(
        matches!(&told[2], LogEvent::Interrupted { reason } if reason.contains("closed")),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_repeated_line_is_told_once() {
    let server = ScriptedServer::start(vec![stream_of(
        &[
            told_line(1, 1),
            told_line(1, 2),
            told_line(1, 1),
            told_line(1, 2),
            told_line(1, 3),
            end(),
        ],
        StreamEnd::Closed,
    )]);
    let told = follow_to_the_end(&server, impatient()).await;
    let lines: Vec<u64> = told
        .iter()
        .filter_map(|event| match event {
            LogEvent::Line(line) => Some(line.seq),
            _ => None,
        })
        .collect();
    assert_eq!(lines, [1, 2, 3]);
}

#[tokio::test]
async fn a_gap_is_filled_by_asking_again() {
    let server = ScriptedServer::start(vec![
        stream_of(&[told_line(1, 1), told_line(1, 4)], StreamEnd::Silent),
        stream_of(
            &[told_line(1, 2), told_line(1, 3), told_line(1, 4), end()],
            StreamEnd::Closed,
        ),
    ]);
    let told = follow_to_the_end(&server, impatient()).await;
    assert_eq!(told.len(), 6, "{told:?}");
    assert_eq!(told[4], LogEvent::Line(log_line(1, 4)));
    assert_eq!(server.requests()[1].header("last-event-id"), Some("1.1"));
}

#[tokio::test]
async fn a_gap_that_the_stored_log_has_too_is_told() {
    let gap = || stream_of(&[told_line(1, 4), end()], StreamEnd::Closed);
    let server = ScriptedServer::start(vec![
        stream_of(&[told_line(1, 1), told_line(1, 4)], StreamEnd::Silent),
        gap(),
    ]);
    assert_eq!(
        follow_to_the_end(&server, impatient()).await,
        [
            attempt_started(1),
            LogEvent::Line(log_line(1, 1)),
            LogEvent::LinesMissing {
                after: LogCursor { attempt: 1, seq: 1 },
                before: LogCursor { attempt: 1, seq: 4 },
            },
            LogEvent::Line(log_line(1, 4)),
            ended(),
        ]
    );
}

#[tokio::test]
async fn a_follower_that_fell_behind_comes_back() {
    let server = ScriptedServer::start(vec![
        stream_of(
            &[told_line(1, 1), event("lagged", &json!({}))],
            StreamEnd::Silent,
        ),
        stream_of(&[told_line(1, 2), end()], StreamEnd::Closed),
    ]);
    let told = follow_to_the_end(&server, impatient()).await;
    assert_eq!(told[2], LogEvent::Line(log_line(1, 2)));
}

#[tokio::test]
async fn a_stream_without_a_heartbeat_is_taken_for_dead() {
    let server = ScriptedServer::start(vec![
        stream_of(&[told_line(1, 1)], StreamEnd::Silent),
        stream_of(&[told_line(1, 2), end()], StreamEnd::Closed),
    ]);
    let options = FollowOptions {
        silence_limit: Duration::from_millis(200),
        ..impatient()
    };
    let told = follow_to_the_end(&server, options).await;
    assert_eq!(told[2], LogEvent::Line(log_line(1, 2)));
}

#[tokio::test]
async fn the_tail_is_asked_for_until_a_line_has_come() {
    let server = ScriptedServer::start(vec![
        stream_of(&[], StreamEnd::Broken),
        stream_of(&[told_line(2, 7)], StreamEnd::Broken),
        stream_of(&[told_line(2, 8), end()], StreamEnd::Closed),
    ]);
    let options = FollowOptions {
        tail: Some(1),
        attempt: Some(2),
        ..impatient()
    };
    assert_eq!(
        follow_to_the_end(&server, options).await,
        [
            attempt_started(2),
            LogEvent::Line(log_line(2, 7)),
            LogEvent::Line(log_line(2, 8)),
            ended(),
        ]
    );
    let asked = server.requests();
    assert!(
        asked[1].line.ends_with("?follow=true&attempt=2&tail=1"),
        "{}",
        asked[1].line
    );
    assert!(
        asked[2].line.ends_with("?follow=true&attempt=2"),
        "{}",
        asked[2].line
    );
    assert_eq!(asked[2].header("last-event-id"), Some("2.7"));
}

#[tokio::test]
async fn an_api_that_restarts_is_waited_for() {
    let server = ScriptedServer::start(vec![
        stream_of(&[told_line(1, 1)], StreamEnd::Broken),
        Answer::json(503, &refusal(503, "starting")),
        Answer::text(502, "text/html", "<html>".to_owned()),
        stream_of(&[told_line(1, 2), end()], StreamEnd::Closed),
    ]);
    let told = follow_to_the_end(&server, impatient()).await;
    assert_eq!(told.last(), Some(&ended()));
}

#[tokio::test]
async fn an_api_that_stays_away_is_given_up() {
    let broken = || stream_of(&[], StreamEnd::Broken);
    let server = ScriptedServer::start(vec![broken(), broken(), broken(), broken()]);
    let (_, outcome) = follow(&server, impatient()).await;
    assert!(
        matches!(outcome, Err(ClientError::LogStreamLost { failures: 4, .. })),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_refusal_is_final() {
    let server = ScriptedServer::start(vec![Answer::json(404, &refusal(404, "job_not_found"))]);
    let (_, outcome) = follow(&server, impatient()).await;
    assert!(
        matches!(&outcome, Err(ClientError::Refused(problem)) if problem.status == 404),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_page_that_is_no_stream_is_not_taken_for_an_empty_log() {
    let page = Answer::text(200, "text/html", "<html>".to_owned());
    let (_, outcome) = follow(&ScriptedServer::start(vec![page]), impatient()).await;
    assert!(
        matches!(outcome, Err(ClientError::UnexpectedAnswer { .. })),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn an_event_beyond_the_limit_ends_the_following() {
    let endless = "x".repeat(EVENT_LIMIT_BYTES + 1);
    let server = ScriptedServer::start(vec![stream_of(&[endless], StreamEnd::Silent)]);
    let (_, outcome) = follow(&server, impatient()).await;
    assert!(
        matches!(outcome, Err(ClientError::UnexpectedAnswer { .. })),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn events_of_a_newer_api_are_passed_over() {
    let server = ScriptedServer::start(vec![stream_of(
        &[event("weather", &json!("fine")), told_line(1, 1), end()],
        StreamEnd::Closed,
    )]);
    let told = follow_to_the_end(&server, impatient()).await;
    assert_eq!(told.len(), 3, "{told:?}");
}

#[tokio::test]
async fn giving_up_the_wait_for_an_event_loses_nothing() {
    let server = ScriptedServer::start(vec![stream_of(
        &[told_line(1, 1), told_line(1, 2), end()],
        StreamEnd::Silent,
    )]);
    let client = Client::builder(&server.url).build().expect("a client");
    let mut follower = client.follow_logs(job_id(), impatient());
    let mut told = vec![follower.next().await.expect("a log without faults")];
    loop {
        tokio::select! {
            biased;
            event = follower.next() => match event.expect("a log without faults") {
                Some(event) => told.push(Some(event)),
                None => break,
            },
            () = tokio::task::yield_now() => {}
        }
    }
    assert_eq!(told.len(), 4, "{told:?}");
}
