//! `GET /api/v1/jobs/{id}`: one job.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::{Job, JobId};

use crate::api::Api;
use crate::extractors::{Caller, PathPart};
use crate::openapi::{CallProblems, JobProblems};
use crate::problem::ApiError;

/// Show a job with its payload and result
#[utoipa::path(
    tag = "jobs",
    params(("id" = JobId, Path, description = "The job")),
    responses(
        CallProblems, JobProblems,
        (status = 200, description = "The job", body = Job)
    )
)]
#[get("/api/v1/jobs/{id}")]
pub async fn show_job(api: Data<Api>, caller: Caller, id: PathPart) -> Result<Json<Job>, ApiError> {
    let job = caller.scope(&api).find_job(id.job_id()?).await?;
    job.map(Json).ok_or(ApiError::JobNotFound)
}
