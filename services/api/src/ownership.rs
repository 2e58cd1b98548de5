//! Which jobs and schedules of a tenant a caller may change, by how far their right reaches.

use gantry_domain::{JobId, JobSummary, Schedule, ScheduleId, UserId};
use gantry_store::JobFilter;

use crate::api::Api;
use crate::extractors::Caller;
use crate::problem::{ApiError, ScheduleError};
use crate::rights::{Reach, Right};

/// The job, if the caller may change it.
///
/// # Errors
/// There is no such job in the tenant, it is someone else's, or Postgres cannot be reached.
pub async fn find_changeable(
    api: &Api,
    caller: &Caller,
    job_id: JobId,
) -> Result<JobSummary, ApiError> {
    let job = caller
        .scope(api)
        .find_job_summary(job_id)
        .await?
        .ok_or(ApiError::JobNotFound)?;
    if may_change(caller, Right::ControlJobs, job.created_by) {
        Ok(job)
    } else {
        Err(ApiError::NotTheOwner)
    }
}

/// The filter's jobs, those of others left out unless the caller may change everyone's.
pub fn changeable(filter: JobFilter, caller: &Caller) -> Option<JobFilter> {
    if caller.reach(Right::ControlJobs) == Reach::All {
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
    caller: &Caller,
    id: ScheduleId,
) -> Result<Schedule, ApiError> {
    let schedule = caller
        .scope(api)
        .find_schedule(id)
        .await?
        .ok_or(ScheduleError::NotFound)?;
    if may_change(caller, Right::ControlSchedules, schedule.summary.created_by) {
        Ok(schedule)
    } else {
        Err(ScheduleError::NotTheOwner.into())
    }
}

fn may_change(caller: &Caller, right: Right, created_by: UserId) -> bool {
    match caller.reach(right) {
        Reach::All => true,
        Reach::Own => created_by == caller.user,
        Reach::Nothing => false,
    }
}
