//! What a log line carries.

use std::time::Duration;

use gantry_telemetry::{fields, trace_id_of_current_span};
use serde_json::{Value, json};
use tracing::{info, info_span, warn};

use crate::capture::{SERVICE, lines_logged, text_logged};

#[test]
fn a_json_line_carries_the_trace_and_the_ids_of_the_spans_around_it() {
    let mut trace_id = None;
    let lines = lines_logged(&[], || {
        let request = info_span!(
            "request",
            request_id = "r-1",
            tenant_id = tracing::field::Empty
        );
        let _in_request = request.enter();
        request.record(fields::TENANT_ID, "t-1");
        let job = info_span!("job", job_id = "j-1", kind = "system.ping", attempt = 2_u64);
        let _in_job = job.enter();
        trace_id = trace_id_of_current_span();
        info!(worker = "w-1", bytes = 12, "job started");
    });
    let line = &lines[0];
    assert_eq!(line[fields::MESSAGE], "job started");
    assert_eq!(line[fields::LEVEL], "INFO");
    assert_eq!(line[fields::SERVICE], SERVICE);
    assert_eq!(line[fields::TARGET], "telemetry::lines");
    assert_eq!(line[fields::REQUEST_ID], "r-1");
    assert_eq!(line[fields::TENANT_ID], "t-1");
    assert_eq!(line[fields::JOB_ID], "j-1");
    assert_eq!(line[fields::KIND], "system.ping");
    assert_eq!(line[fields::ATTEMPT], 2);
    assert_eq!(line[fields::WORKER], "w-1");
    assert_eq!(line["bytes"], 12);
    assert_eq!(line[fields::TRACE_ID], json!(trace_id.expect("a trace")));
    assert_eq!(line[fields::SPAN_ID].as_str().map(str::len), Some(16));
    let written_at = line[fields::TIMESTAMP].as_str().expect("a time");
    chrono::DateTime::parse_from_rfc3339(written_at).expect("RFC 3339");
}

#[test]
fn a_line_outside_a_span_has_no_trace() {
    let lines = lines_logged(&[], || info!("listening"));
    assert_eq!(lines[0].get(fields::TRACE_ID), None);
    assert_eq!(lines[0].get(fields::SPAN_ID), None);
}

#[test]
fn the_inner_span_wins_and_no_field_replaces_what_the_line_says_of_itself() {
    let lines = lines_logged(&[], || {
        let outer = info_span!("outer", attempt = 1_u64, service = "forged");
        let _in_outer = outer.enter();
        let inner = info_span!("inner", attempt = 2_u64);
        let _in_inner = inner.enter();
        info!(level = "forged", trace_id = "forged", "hello");
    });
    assert_eq!(lines[0][fields::ATTEMPT], 2);
    assert_eq!(lines[0][fields::SERVICE], SERVICE);
    assert_eq!(lines[0][fields::LEVEL], "INFO");
    assert_ne!(lines[0][fields::TRACE_ID], "forged");
}

#[test]
fn text_that_looks_like_a_line_stays_within_its_line() {
    let forged = "x\"}\n{\"level\":\"ERROR\"}";
    let lines = lines_logged(&[], || info!(kind = forged, "kind {forged}"));
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0][fields::KIND], forged);
}

#[test]
fn values_keep_their_json_form() {
    let lines = lines_logged(&[], || {
        info!(whole = -3_i64, part = 0.5, yes = true, debug = ?Duration::from_secs(1), none = f64::NAN, "forms");
    });
    let line = &lines[0];
    assert_eq!(line["whole"], -3);
    assert_eq!(line["part"], 0.5);
    assert_eq!(line["yes"], true);
    assert_eq!(line["debug"], "1s");
    assert_eq!(line["none"], Value::Null);
}

#[test]
fn the_level_filters_lines_and_never_the_ids_or_the_trace() {
    let lines = lines_logged(&["--rust-log=warn"], || {
        let job = info_span!("job", job_id = "j-1");
        let _in_job = job.enter();
        info!("not written");
        warn!("written");
    });
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0][fields::JOB_ID], "j-1");
    assert!(lines[0][fields::TRACE_ID].is_string());
}

#[test]
fn pretty_lines_are_for_people() {
    let text = text_logged(&["--log-format=pretty"], || {
        let job = info_span!("job", job_id = "j-1");
        let _in_job = job.enter();
        info!("job started");
    });
    assert!(text.contains("job started"));
    assert!(text.contains("job_id=\"j-1\""));
}

#[test]
fn an_unusable_directive_is_refused_by_name() {
    let settings = crate::capture::settings(&["--rust-log=gantry=loud"]);
    let environment = gantry_settings::AppEnvironment::Test;
    let refusal = gantry_telemetry::subscriber(SERVICE, environment, &settings, std::io::sink)
        .err()
        .expect("no such level");
    assert!(
        refusal
            .to_string()
            .starts_with("RUST_LOG must list directives")
    );
}
