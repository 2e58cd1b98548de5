//! `GET /api/v1/queues`: where jobs wait.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::QueueStatus;

use crate::api::Api;
use crate::extractors::Caller;
use crate::openapi::CallProblems;
use crate::problem::ApiError;
use crate::queue_overview::queues;
use crate::views::Page;

/// List the queues with what waits and runs in each
///
/// Operators see the jobs of all tenants counted, and the rates; others the jobs of their own tenant.
#[utoipa::path(
    tag = "queues",
    responses(
        CallProblems,
        (status = 200, description = "Up to 1,000 queues, by name; always one page", body = Page<QueueStatus>)
    )
)]
#[get("/api/v1/queues")]
pub async fn list_queues(
    api: Data<Api>,
    caller: Caller,
) -> Result<Json<Page<QueueStatus>>, ApiError> {
    Ok(Json(Page::complete(queues(&api, &caller, None).await?)))
}
