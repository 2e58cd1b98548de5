//! Where traces go when a collector is configured.

use std::net::TcpListener;

use gantry_telemetry::trace_id_of_current_span;
use tracing::info_span;

use crate::capture::{SERVICE, lines_logged};
use crate::collector::Collector;

#[test]
fn spans_reach_the_collector_before_the_guard_is_gone() {
    let collector = Collector::start();
    let endpoint = format!(
        "--otel-exporter-otlp-endpoint=http://{}/",
        collector.address()
    );
    let headers = "--otel-exporter-otlp-headers=authorization=Bearer%20secret";
    lines_logged(&[&endpoint, headers], || {
        info_span!("job", job_id = "j-1").in_scope(trace_id_of_current_span);
    });
    let request = collector.next_request();
    assert!(request.head.starts_with("POST /v1/traces HTTP/1.1"));
    assert!(request.head.contains("application/x-protobuf"));
    assert!(request.head.contains("authorization: Bearer secret"));
    assert!(request.body.contains("service.name"));
    assert!(request.body.contains(SERVICE));
    assert!(request.body.contains("j-1"));
}

#[test]
fn the_service_name_can_be_chosen() {
    let collector = Collector::start();
    let endpoint = format!(
        "--otel-exporter-otlp-endpoint=http://{}",
        collector.address()
    );
    lines_logged(&[&endpoint, "--otel-service-name=jobs-eu"], || {
        info_span!("request").in_scope(|| {});
    });
    assert!(collector.next_request().body.contains("jobs-eu"));
}

#[test]
fn a_collector_that_is_away_stops_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound listener");
    drop(listener);
    let endpoint = format!("--otel-exporter-otlp-endpoint=http://{address}");
    let lines = lines_logged(&[&endpoint], || {
        info_span!("request").in_scope(|| tracing::info!("served"));
    });
    assert_eq!(lines[0]["message"], "served");
}
