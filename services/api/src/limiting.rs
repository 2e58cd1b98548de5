//! Setting and removing concurrency limits, whatever they concern.

use gantry_crash_points::{CrashPoint, reach};
use gantry_domain::{CONCURRENCY_LIMIT_MOST_JOBS, ConcurrencyLimit, LimitSubject};
use gantry_store::LimitOutcome;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::Api;
use crate::extractors::{Caller, JsonBody};
use crate::object_reader::{count_up_to, read_object};
use crate::problem::{ApiError, ControlError};

/// How many jobs are rung for when there may be more room for them; the reconciler rings for the rest.
const RUNG_AT_ONCE_JOBS: u32 = 1_000;

/// A concurrency limit. Other fields are refused.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitRequest {
    /// How many jobs may run at a time.
    #[schema(minimum = 1, maximum = 1_000_000)]
    max_running: u32,
}

/// Sets the limit that the body names.
///
/// # Errors
/// The body has faults, there is no such tenant or kind, there are too many limits, or Postgres cannot be reached.
pub async fn set(
    api: &Api,
    operator: &Caller,
    subject: LimitSubject,
    body: JsonBody,
) -> Result<ConcurrencyLimit, ApiError> {
    let max_running = read(body.read().await?.value)?;
    let store = operator.operator_scope(api);
    let set = store.set_limit(&subject, max_running, operator.user);
    let limit = match set.await? {
        LimitOutcome::Set(limit) => limit,
        LimitOutcome::UnknownSubject => return Err(not_found(&subject)),
        LimitOutcome::TooMany => return Err(ControlError::TooManyLimits.into()),
    };
    tracing::info!(scope = %limit.scope, subject = limit.subject, max_running, "a concurrency limit was set");
    ring(api, &subject).await?;
    Ok(limit)
}

/// Removes a limit.
///
/// # Errors
/// There is none, or Postgres cannot be reached.
pub async fn remove(api: &Api, operator: &Caller, subject: LimitSubject) -> Result<(), ApiError> {
    if !operator.operator_scope(api).remove_limit(&subject).await? {
        return Err(ControlError::LimitNotFound.into());
    }
    tracing::info!(scope = %subject.scope(), subject = subject.name(), "a concurrency limit was removed");
    ring(api, &subject).await
}

/// There may be room now for those that wait.
async fn ring(api: &Api, subject: &LimitSubject) -> Result<(), ApiError> {
    let operator = api.store.operator();
    let waiting = operator.oldest_waiting_under(subject, RUNG_AT_ONCE_JOBS);
    let waiting = waiting.await?;
    reach(CrashPoint::HoldLifted);
    api.doorbells.ring(waiting);
    Ok(())
}

fn read(body: Value) -> Result<u32, ApiError> {
    read_object(body, |fields| {
        fields.required("max_running", count_up_to(CONCURRENCY_LIMIT_MOST_JOBS))
    })
}

fn not_found(subject: &LimitSubject) -> ApiError {
    match subject {
        LimitSubject::Kind(_) => ApiError::KindNotFound,
        LimitSubject::Tenant(_) | LimitSubject::EveryTenant => ControlError::TenantNotFound.into(),
    }
}
