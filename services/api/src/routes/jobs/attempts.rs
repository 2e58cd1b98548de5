//! `GET /api/v1/jobs/{id}/attempts`: what was tried.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::{Attempt, JobId};

use crate::api::Api;
use crate::extractors::{Caller, PathPart};
use crate::openapi::{CallProblems, JobProblems};
use crate::problem::ApiError;
use crate::views::Page;

/// List a job's attempts, first to last
#[utoipa::path(
    tag = "jobs",
    params(("id" = JobId, Path, description = "The job")),
    responses(
        CallProblems, JobProblems,
        (status = 200, description = "Every attempt; always one page", body = Page<Attempt>)
    )
)]
#[get("/api/v1/jobs/{id}/attempts")]
pub async fn list_attempts(
    api: Data<Api>,
    caller: Caller,
    id: PathPart,
) -> Result<Json<Page<Attempt>>, ApiError> {
    let scope = caller.scope(&api);
    let attempts = scope.list_attempts(id.job_id()?).await?;
    attempts
        .map(|attempts| Json(Page::complete(attempts)))
        .ok_or(ApiError::JobNotFound)
}
