//! `GET /api/v1/schedules`: the tenant's schedules, newest first.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::{ScheduleId, ScheduleSummary};

use crate::api::Api;
use crate::extractors::{Caller, QueryString};
use crate::openapi::{CallProblems, QueryProblems};
use crate::page_request::{PageParameters, PageRequest};
use crate::problem::ApiError;
use crate::views::Page;

/// List the tenant's schedules, newest first
#[utoipa::path(
    tag = "schedules",
    params(PageParameters),
    responses(
        CallProblems, QueryProblems,
        (status = 200, description = "A page of schedules, without their payloads", body = Page<ScheduleSummary>)
    )
)]
#[get("/api/v1/schedules")]
pub async fn list_schedules(
    api: Data<Api>,
    caller: Caller,
    query: QueryString,
) -> Result<Json<Page<ScheduleSummary>>, ApiError> {
    let page = PageRequest::read(&query)?;
    let schedules = caller
        .scope(&api)
        .list_schedules(page.last(ScheduleId::from_uuid), page.read_limit())
        .await?;
    Ok(Json(page.cut(schedules, |schedule| schedule.id.as_uuid())))
}
