//! How a trace goes from one process to the next.

use gantry_telemetry::{continue_trace, current_traceparent, trace_id_of_current_span};
use proptest::prelude::*;
use tracing::info_span;

use crate::capture::lines_logged;

#[test]
fn every_span_has_a_trace_id_with_no_collector_configured() {
    lines_logged(&["--rust-log=off"], || {
        let _in_span = info_span!("request").entered();
        let trace_id = trace_id_of_current_span().expect("a trace id");
        assert_eq!(trace_id.len(), 32);
        assert!(
            current_traceparent()
                .expect("a traceparent")
                .contains(&trace_id)
        );
    });
}

#[test]
fn outside_a_span_there_is_no_trace() {
    lines_logged(&[], || {
        assert_eq!(trace_id_of_current_span(), None);
        assert_eq!(current_traceparent(), None);
    });
}

#[test]
fn a_continued_trace_keeps_its_id_and_gets_a_span_of_its_own() {
    lines_logged(&[], || {
        let submitted = info_span!("request")
            .in_scope(current_traceparent)
            .expect("a trace");
        let job = info_span!("job");
        continue_trace(&job, &submitted);
        let executed = job.in_scope(current_traceparent).expect("a trace");
        let parts = |traceparent: &str| -> Vec<String> {
            traceparent.split('-').map(str::to_owned).collect()
        };
        assert_eq!(parts(&submitted)[1], parts(&executed)[1]);
        assert_ne!(parts(&submitted)[2], parts(&executed)[2]);
    });
}

#[test]
fn a_trace_that_came_too_late_is_ignored() {
    let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    lines_logged(&[], || {
        let job = info_span!("job");
        let before = job.in_scope(trace_id_of_current_span);
        continue_trace(&job, traceparent);
        assert_eq!(job.in_scope(trace_id_of_current_span), before);
    });
}

proptest! {
    #[test]
    fn a_malformed_traceparent_begins_a_new_trace(text in ".{0,80}") {
        lines_logged(&[], || {
            let job = info_span!("job");
            continue_trace(&job, &text);
            let trace_id = job.in_scope(trace_id_of_current_span).expect("a trace id");
            assert!(!text.contains(&trace_id));
        });
    }
}
