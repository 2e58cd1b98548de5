//! `POST /api/v1/jobs/{id}/cancel`: asks for the end of a job.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use gantry_domain::{Job, JobId, JobState};
use gantry_store::CancelOutcome;

use crate::api::Api;
use crate::cancellation::{announce, cancelled_by, tell_children};
use crate::extractors::{Caller, PathPart};
use crate::openapi::{CallProblems, ConflictProblem, JobProblems, OwnerProblem};
use crate::ownership::find_changeable;
use crate::problem::ApiError;

/// Ask for the end of a job
///
/// A waiting job is cancelled at once (200). A running one is told to stop, and is cancelled when it has (202). A job
/// that is cancelled already stays so (200); one that succeeded or failed is a conflict (409).
#[utoipa::path(
    tag = "jobs",
    params(("id" = JobId, Path, description = "The job")),
    responses(
        CallProblems, JobProblems, OwnerProblem, ConflictProblem,
        (status = 200, description = "It is cancelled", body = Job),
        (status = 202, description = "It is running and was told to stop", body = Job)
    )
)]
#[post("/api/v1/jobs/{id}/cancel")]
pub async fn cancel_job(
    api: Data<Api>,
    caller: Caller,
    id: PathPart,
) -> Result<HttpResponse, ApiError> {
    let job_id = id.job_id()?;
    find_changeable(&api, &caller, job_id).await?;
    let scope = caller.scope(&api);
    let outcome = scope.cancel_job(job_id, &cancelled_by(&caller)).await?;
    if outcome == CancelOutcome::NotFound {
        return Err(ApiError::JobNotFound);
    }
    let outcomes = [(job_id, outcome)];
    announce(&api, &outcomes).await;
    tell_children(&api, caller.tenant, &outcomes).await;
    let job = scope.find_job(job_id).await?.ok_or(ApiError::JobNotFound)?;
    match job.summary.state {
        JobState::Cancelled => Ok(HttpResponse::Ok().json(job)),
        state if state.is_terminal() => Err(ApiError::JobAlreadyEnded(state)),
        _ => Ok(HttpResponse::Accepted().json(job)),
    }
}
