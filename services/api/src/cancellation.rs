//! Saying who asked for the end of jobs, and telling those whom it concerns.

use gantry_auth::Principal;
use gantry_crash_points::{CrashPoint, reach};
use gantry_domain::{JobFailure, JobId, JobState, TenantId, failure_code};
use gantry_queue::{CancelSignal, JobEnded};
use gantry_store::CancelOutcome;
use serde_json::json;

use crate::api::Api;

/// What is written down as the error of a job that the caller ends.
pub fn cancelled_by(caller: &Principal) -> JobFailure {
    let name = caller.email.as_deref().unwrap_or(&caller.subject);
    JobFailure::new(failure_code::CANCELLED, format!("Cancelled by {name}."))
        .with_detail(json!({ "cancelled_by": caller.user }))
}

/// Lets the children of jobs that were cancelled at once go on, or end too.
pub async fn tell_children(api: &Api, tenant_id: TenantId, outcomes: &[(JobId, CancelOutcome)]) {
    let cancelled = outcomes
        .iter()
        .filter(|(_, outcome)| *outcome == CancelOutcome::Cancelled);
    let cancelled: Vec<JobId> = cancelled.map(|(job_id, _)| *job_id).collect();
    if cancelled.is_empty() {
        return;
    }
    let scope = api.store.tenant(tenant_id);
    let settled = match scope.settle_dependencies(cancelled.into_iter()).await {
        Ok(settled) => settled,
        Err(error) => {
            tracing::warn!(%error, "children of cancelled jobs could not be told; the workers' maintenance will");
            return;
        }
    };
    api.doorbells.ring(settled.doorbells);
    let ended = settled.cancelled.iter().map(|job_id| JobEnded {
        job_id: *job_id,
        state: JobState::Cancelled,
    });
    if let Err(error) = api.queue.publish_ended(&ended.collect::<Vec<_>>()).await {
        tracing::debug!(%error, "followers hear of the cancellation from Postgres");
    }
}

/// Tells the workers of jobs that are to end, and the followers of jobs that have. Postgres knows it too, so with Redis
/// away both only hear of it later.
pub async fn announce(api: &Api, outcomes: &[(JobId, CancelOutcome)]) {
    reach(CrashPoint::CancellationCommitted);
    let ended: Vec<JobEnded> = outcomes
        .iter()
        .filter(|(_, outcome)| *outcome == CancelOutcome::Cancelled)
        .map(|(job_id, _)| JobEnded {
            job_id: *job_id,
            state: JobState::Cancelled,
        })
        .collect();
    if let Err(error) = api.queue.publish_ended(&ended).await {
        tracing::debug!(%error, "followers hear of the cancellation from Postgres");
    }
    reach(CrashPoint::CancellationPublished);
    let signals: Vec<CancelSignal> = outcomes.iter().filter_map(signal).collect();
    if let Err(error) = api.queue.request_cancels(&signals).await {
        tracing::info!(%error, count = signals.len(), "workers hear of cancellations with their next heartbeat");
    }
}

/// What the worker of a job that is to end is told.
fn signal((job_id, outcome): &(JobId, CancelOutcome)) -> Option<CancelSignal> {
    match *outcome {
        CancelOutcome::Requested {
            worker_id,
            dispatch,
        } => Some(CancelSignal {
            worker_id,
            job_id: *job_id,
            dispatch,
        }),
        CancelOutcome::Cancelled | CancelOutcome::AlreadyEnded | CancelOutcome::NotFound => None,
    }
}
