//! `POST /api/v1/jobs/cancel`: asks for the end of all jobs that match.

use actix_web::post;
use actix_web::web::{Data, Json};
use gantry_domain::BULK_LIMIT_JOBS;

use crate::api::Api;
use crate::bulk_request::{BulkOrder, BulkRequest};
use crate::cancellation::{announce, cancelled_by, tell_children};
use crate::extractors::{Caller, JsonBody};
use crate::openapi::{BodyProblems, CallProblems};
use crate::ownership::changeable;
use crate::problem::ApiError;
use crate::views::BulkView;

/// Ask for the end of all jobs that match
///
/// Waiting jobs are cancelled at once, running ones are told to stop; at most 1,000 at a time, the oldest first. Without
/// the role `admin` or `owner` one's own jobs only. Jobs that were told before are left out.
#[utoipa::path(
    tag = "jobs",
    request_body = BulkRequest,
    responses(
        CallProblems, BodyProblems,
        (status = 200, description = "How many were found and cancelled or told to stop", body = BulkView)
    )
)]
#[post("/api/v1/jobs/cancel")]
pub async fn cancel_jobs(
    api: Data<Api>,
    caller: Caller,
    body: JsonBody,
) -> Result<Json<BulkView>, ApiError> {
    let BulkOrder { filter, mode } = BulkOrder::read(body.read().await?.value, caller.user)?;
    let Some(filter) = changeable(filter, &caller) else {
        return Ok(Json(BulkView::nothing()));
    };
    let scope = caller.scope(&api);
    let error = cancelled_by(&caller);
    let cancelled = scope
        .cancel_jobs(&filter, &error, BULK_LIMIT_JOBS, mode)
        .await?;
    announce(&api, &cancelled.changed).await;
    tell_children(&api, caller.tenant, &cancelled.changed).await;
    Ok(Json(cancelled.into()))
}
