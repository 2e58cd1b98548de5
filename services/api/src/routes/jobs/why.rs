//! `GET /api/v1/jobs/{id}/why`: what a job is waiting for, or what became of it.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::JobId;

use crate::api::Api;
use crate::extractors::{Caller, PathPart};
use crate::openapi::{CallProblems, JobProblems};
use crate::problem::ApiError;
use crate::views::WhyView;
use crate::why::explain;

/// Explain what a job is waiting for, or what became of it
///
/// Of several reasons the first is the one that has to be done away with by a person: a pause, a missing worker, a limit;
/// then what passes by itself: an unreachable Redis, jobs before it, turns of other tenants, busy workers.
#[utoipa::path(
    tag = "jobs",
    params(("id" = JobId, Path, description = "The job")),
    responses(
        CallProblems, JobProblems,
        (status = 200, description = "The explanation", body = WhyView)
    )
)]
#[get("/api/v1/jobs/{id}/why")]
pub async fn explain_job(
    api: Data<Api>,
    caller: Caller,
    id: PathPart,
) -> Result<Json<WhyView>, ApiError> {
    Ok(Json(explain(&api, &caller, id.job_id()?).await?))
}
