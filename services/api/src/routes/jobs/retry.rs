//! `POST /api/v1/jobs/{id}/retry`: runs a failed or cancelled job again.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use gantry_crash_points::{CrashPoint, reach};
use gantry_domain::{Job, JobId};
use gantry_store::RedriveOutcome;

use crate::api::Api;
use crate::extractors::{Caller, PathPart};
use crate::openapi::{CallProblems, ConflictProblem, JobProblems, OwnerProblem};
use crate::ownership::find_changeable;
use crate::problem::ApiError;

/// Run a failed or cancelled job again
///
/// It keeps its id, its payload and the log of its earlier attempts, and gets at least one attempt more.
#[utoipa::path(
    tag = "jobs",
    params(("id" = JobId, Path, description = "The job")),
    responses(
        CallProblems, JobProblems, OwnerProblem, ConflictProblem,
        (status = 202, description = "It is queued again", body = Job)
    )
)]
#[post("/api/v1/jobs/{id}/retry")]
pub async fn retry_job(
    api: Data<Api>,
    caller: Caller,
    id: PathPart,
) -> Result<HttpResponse, ApiError> {
    let job_id = id.job_id()?;
    find_changeable(&api, &caller, job_id).await?;
    let scope = caller.scope(&api);
    match scope.redrive_job(job_id).await? {
        RedriveOutcome::Queued(doorbell) => {
            reach(CrashPoint::RedriveCommitted);
            api.doorbells.ring(vec![doorbell]);
        }
        RedriveOutcome::NotRedrivable => return Err(ApiError::JobNotRedrivable),
        RedriveOutcome::UniqueKeyTaken { live_job_id } => {
            return Err(ApiError::UniqueKeyTaken {
                live_job_id,
                faults: Vec::new(),
            });
        }
        RedriveOutcome::NotFound => return Err(ApiError::JobNotFound),
    }
    let job = scope.find_job(job_id).await?.ok_or(ApiError::JobNotFound)?;
    Ok(HttpResponse::Accepted().json(job))
}
