//! A job that was just accepted.

use gantry_domain::{Job, JobSummary, NewJob};
use gantry_store::Accepted;

/// A job without parents as it stands in Postgres now, without reading it back.
pub fn accepted_job((job, accepted): (NewJob, Accepted)) -> Job {
    Job {
        summary: JobSummary {
            id: job.id,
            kind: job.kind,
            queue: job.queue,
            priority: job.priority,
            state: accepted.state,
            attempt: 0,
            max_attempts: job.max_attempts,
            losses: 0,
            retry: job.retry,
            timeout_seconds: job.timeout_seconds,
            error: None,
            progress: None,
            created_by: job.created_by,
            tenant_id: job.tenant_id,
            trace_id: job.traceparent.as_deref().and_then(trace_id),
            worker: None,
            run_at: accepted.run_at,
            created_at: accepted.created_at,
            started_at: None,
            finished_at: None,
            cancel_requested_at: None,
            tags: job.tags,
            unique_key: job.unique_key,
            waiting_for: 0,
            on_parent_failure: None,
        },
        payload: job.payload,
        result: None,
        result_deleted_at: None,
        depends_on: Vec::new(),
    }
}

/// The second part of a W3C `traceparent`.
fn trace_id(traceparent: &str) -> Option<String> {
    traceparent.split('-').nth(1).map(str::to_owned)
}
