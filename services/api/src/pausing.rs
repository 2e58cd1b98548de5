//! Pausing and resuming, whatever is paused.

use gantry_crash_points::{CrashPoint, reach};
use gantry_domain::{BULK_LIMIT_JOBS, PauseScope, PauseSubject, RunningJobs};
use gantry_store::{PauseOutcome, PauseWish};

use crate::api::Api;
use crate::cancellation::{announce, cancelled_by};
use crate::extractors::{Caller, JsonBody};
use crate::pause_request::PauseOrder;
use crate::problem::{ApiError, ControlError};
use crate::views::{PauseView, ResumeView};

/// How many jobs are rung for when theirs is resumed, so that it is felt at once. The reconciler rings for the rest.
const RUNG_AT_ONCE_JOBS: u32 = 1_000;

/// Pauses as the body asks for.
///
/// # Errors
/// The body has faults, nobody ever named such a queue, tenant or person, there are too many pauses, or Postgres cannot
/// be reached.
pub async fn pause(
    api: &Api,
    operator: &Caller,
    subject: PauseSubject,
    body: JsonBody,
) -> Result<PauseView, ApiError> {
    let order = PauseOrder::read(body.read_or_empty().await?)?;
    let wish = PauseWish {
        subject,
        reason: order.reason,
        paused_by: operator.user,
        paused_by_name: operator
            .email
            .as_ref()
            .unwrap_or(&operator.subject)
            .to_owned(),
    };
    let pause = match operator.operator_scope(api).pause(&wish).await? {
        PauseOutcome::Paused(pause) => pause,
        PauseOutcome::UnknownSubject => return Err(not_found(&wish.subject).into()),
        PauseOutcome::TooMany => return Err(ControlError::TooManyPauses.into()),
    };
    tracing::info!(scope = %pause.scope, subject = pause.subject, "paused");
    let told_to_end = match order.running {
        RunningJobs::Continue => 0,
        RunningJobs::Cancel => cancel_running(api, operator, &wish.subject).await?,
    };
    Ok(PauseView { pause, told_to_end })
}

/// Resumes, and rings for those that wait the longest.
///
/// # Errors
/// Postgres cannot be reached.
pub async fn resume(
    api: &Api,
    operator: &Caller,
    subject: PauseSubject,
) -> Result<ResumeView, ApiError> {
    let was_paused = operator.operator_scope(api).resume(&subject).await?;
    if was_paused {
        tracing::info!(scope = %subject.scope(), subject = subject.name(), "resumed");
        let store = api.store.operator();
        let waiting = store.oldest_waiting(&subject, RUNG_AT_ONCE_JOBS).await?;
        reach(CrashPoint::HoldLifted);
        api.doorbells.ring(waiting);
    }
    Ok(ResumeView {
        scope: subject.scope(),
        subject: subject.name(),
        was_paused,
    })
}

/// Nothing new begins, so the parts come to an end.
async fn cancel_running(
    api: &Api,
    operator: &Caller,
    subject: &PauseSubject,
) -> Result<usize, ApiError> {
    let error = cancelled_by(operator);
    let mut told = 0;
    loop {
        let outcomes = api
            .store
            .operator()
            .cancel_running(subject, &error, BULK_LIMIT_JOBS)
            .await?;
        announce(api, &outcomes).await;
        told += outcomes.len();
        if outcomes.len() < BULK_LIMIT_JOBS as usize {
            return Ok(told);
        }
    }
}

fn not_found(subject: &PauseSubject) -> ControlError {
    match subject.scope() {
        PauseScope::Queue => ControlError::QueueNotFound,
        PauseScope::Tenant => ControlError::TenantNotFound,
        PauseScope::User => ControlError::UserNotFound,
    }
}
