//! An error reaches the configured reporter, in a process of its own because there is one reporter per process.

#[path = "../telemetry/collector.rs"]
mod collector;

use collector::Collector;
use gantry_settings::{AppEnvironment, WorkerServiceSettings, parse};
use gantry_telemetry::{init, trace_id_of_current_span};
use sentry::protocol::Request;
use tracing::{error, info, info_span};

#[test]
fn an_error_is_reported_with_its_trace_and_its_job_and_without_the_contents_of_a_request() {
    let collector = Collector::start();
    let arguments = [
        "--database-url=postgres://127.0.0.1/gantry".to_owned(),
        "--redis-url=redis://127.0.0.1".to_owned(),
        format!("--sentry-dsn=http://key@{}/1", collector.address()),
    ];
    let arguments = arguments.iter().map(Into::into);
    let settings = parse::<WorkerServiceSettings>("gantry-test", arguments, |_| None)
        .expect("the flags are usable");
    let guard = init("gantry-test", AppEnvironment::Test, &settings.telemetry)
        .expect("the settings are usable");

    sentry::configure_scope(|scope| {
        scope.add_event_processor(|mut event| {
            event.request = Some(a_request_with_secrets());
            Some(event)
        });
    });
    let trace_id = info_span!("job", job_id = "j-1", attempt = 3_u64).in_scope(|| {
        info!("job started");
        error!("the disk is full");
        trace_id_of_current_span().expect("a trace")
    });
    drop(guard);

    let request = collector.next_request();
    assert!(request.head.starts_with("POST /api/1/envelope/"));
    for expected in [
        "the disk is full",
        "job started",
        "\"environment\":\"test\"",
        "\"release\":\"gantry-test@",
        "\"job_id\":\"j-1\"",
        "\"attempt\":\"3\"",
        "\"url\":\"https://gantry.example.com/api/v1/jobs\"",
        &trace_id,
    ] {
        assert!(request.body.contains(expected), "{expected} is missing");
    }
    assert!(!request.body.contains("hunter2"), "{}", request.body);
}

fn a_request_with_secrets() -> Request {
    let secret = || "hunter2".to_owned();
    Request {
        method: Some("POST".to_owned()),
        url: "https://gantry.example.com/api/v1/jobs?tag=hunter2"
            .parse()
            .ok(),
        data: Some(secret()),
        query_string: Some(secret()),
        cookies: Some(secret()),
        headers: [("x-forwarded-access-token".to_owned(), secret())].into(),
        env: [("REMOTE_USER".to_owned(), secret())].into(),
    }
}
