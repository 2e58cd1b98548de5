//! `GET /api/v1/workers`: who runs the jobs.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::WorkerSummary;

use crate::api::Api;
use crate::extractors::Caller;
use crate::openapi::CallProblems;
use crate::problem::ApiError;
use crate::views::Page;

/// List the workers that live, and those that ended within the last day
///
/// Those of the operator, and the machines of the caller's tenant.
#[utoipa::path(
    tag = "workers",
    responses(
        CallProblems,
        (status = 200, description = "The newest 1,000, newest first; always one page", body = Page<WorkerSummary>)
    )
)]
#[get("/api/v1/workers")]
pub async fn list_workers(
    api: Data<Api>,
    caller: Caller,
) -> Result<Json<Page<WorkerSummary>>, ApiError> {
    Ok(Json(Page::complete(
        api.store.tenant(caller.tenant).workers().await?,
    )))
}
