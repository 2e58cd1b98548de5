//! Who of a tenant may change a job or a schedule: whoever made it, and the administrators of the organization.

use gantry_auth::Principal;
use gantry_domain::{JobId, JobSummary, Schedule, ScheduleId, UserId};
use gantry_store::JobFilter;

use crate::api::Api;
use crate::problem::{ApiError, ScheduleError};

/// The organization's role whose members may change what is anyone's.
const ADMINISTRATOR: &str = "admin";

/// The job, if the caller may change it.
///
/// # Errors
/// There is no such job in the tenant, it is someone else's, or Postgres cannot be reached.
pub async fn find_changeable(
    api: &Api,
    caller: &Principal,
    job_id: JobId,
) -> Result<JobSummary, ApiError> {
    let job = api
        .store
        .tenant(caller.tenant)
        .find_job_summary(job_id)
        .await?
        .ok_or(ApiError::JobNotFound)?;
    if may_change(caller, job.created_by) {
        Ok(job)
    } else {
        Err(ApiError::NotTheOwner)
    }
}

/// The filter's jobs, those of others left out unless the caller may change everyone's.
pub fn changeable(filter: JobFilter, caller: &Principal) -> Option<JobFilter> {
    if is_administrator(caller) {
        return Some(filter);
    }
    let is_own = filter.created_by.is_none_or(|user| user == caller.user);
    is_own.then_some(JobFilter {
        created_by: Some(caller.user),
        ..filter
    })
}

/// The schedule, if the caller may change it.
///
/// # Errors
/// There is no such schedule in the tenant, it is someone else's, or Postgres cannot be reached.
pub async fn find_changeable_schedule(
    api: &Api,
    caller: &Principal,
    id: ScheduleId,
) -> Result<Schedule, ApiError> {
    let schedule = api
        .store
        .tenant(caller.tenant)
        .find_schedule(id)
        .await?
        .ok_or(ScheduleError::NotFound)?;
    if may_change(caller, schedule.summary.created_by) {
        Ok(schedule)
    } else {
        Err(ScheduleError::NotTheOwner.into())
    }
}

fn may_change(caller: &Principal, created_by: UserId) -> bool {
    created_by == caller.user || is_administrator(caller)
}

fn is_administrator(caller: &Principal) -> bool {
    caller
        .organization
        .as_ref()
        .and_then(|organization| organization.role.as_deref())
        == Some(ADMINISTRATOR)
}
