//! `GET /api/v1/workers/tokens`: which machines of the tenant's own were let in.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::WorkerToken;

use crate::api::Api;
use crate::extractors::Caller;
use crate::openapi::CallProblems;
use crate::problem::ApiError;
use crate::views::Page;

/// List the machines of the tenant's own
///
/// Never the tokens themselves. For owners and admins.
#[utoipa::path(
    tag = "workers",
    responses(
        CallProblems,
        (status = 200, description = "The valid ones first, each newest first; always one page", body = Page<WorkerToken>)
    )
)]
#[get("/api/v1/workers/tokens")]
pub async fn list_worker_tokens(
    api: Data<Api>,
    caller: Caller,
) -> Result<Json<Page<WorkerToken>>, ApiError> {
    let tokens = caller.scope(&api).worker_tokens().await?;
    Ok(Json(Page::complete(tokens)))
}
