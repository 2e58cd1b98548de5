//! `POST /api/v1/jobs/retry`: runs all failed or cancelled jobs again that match.

use actix_web::post;
use actix_web::web::{Data, Json};
use gantry_crash_points::{CrashPoint, reach};
use gantry_domain::BULK_LIMIT_JOBS;

use crate::api::Api;
use crate::bulk_request::{BulkOrder, BulkRequest};
use crate::extractors::{Caller, JsonBody};
use crate::openapi::{BodyProblems, CallProblems};
use crate::ownership::changeable;
use crate::problem::ApiError;
use crate::views::BulkView;

/// Run all failed or cancelled jobs again that match
///
/// At most 1,000 at a time, the oldest first. Members change their own jobs only. A job whose
/// `unique_key` is taken is left out; of several with one key the newest runs.
#[utoipa::path(
    tag = "jobs",
    request_body = BulkRequest,
    responses(
        CallProblems, BodyProblems,
        (status = 200, description = "How many were found and queued again", body = BulkView)
    )
)]
#[post("/api/v1/jobs/retry")]
pub async fn retry_jobs(
    api: Data<Api>,
    caller: Caller,
    body: JsonBody,
) -> Result<Json<BulkView>, ApiError> {
    let BulkOrder { filter, mode } = BulkOrder::read(body.read().await?.value, caller.user)?;
    let Some(filter) = changeable(filter, &caller) else {
        return Ok(Json(BulkView::nothing()));
    };
    let scope = caller.scope(&api);
    let redriven = scope.redrive_jobs(&filter, BULK_LIMIT_JOBS, mode).await?;
    reach(CrashPoint::RedriveCommitted);
    api.doorbells.ring(redriven.changed.clone());
    Ok(Json(redriven.into()))
}
