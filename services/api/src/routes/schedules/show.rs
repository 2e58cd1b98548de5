//! `GET /api/v1/schedules/{id}`: one schedule.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::{Schedule, ScheduleId};

use crate::api::Api;
use crate::extractors::{Caller, PathPart};
use crate::openapi::{CallProblems, ScheduleProblems};
use crate::problem::{ApiError, ScheduleError};

/// Show a schedule with its payload and its next ticks
#[utoipa::path(
    tag = "schedules",
    params(("id" = ScheduleId, Path, description = "The schedule")),
    responses(
        CallProblems, ScheduleProblems,
        (status = 200, description = "The schedule", body = Schedule)
    )
)]
#[get("/api/v1/schedules/{id}")]
pub async fn show_schedule(
    api: Data<Api>,
    caller: Caller,
    id: PathPart,
) -> Result<Json<Schedule>, ApiError> {
    let scope = caller.scope(&api);
    let schedule = scope.find_schedule(id.schedule_id()?).await?;
    Ok(schedule.map(Json).ok_or(ScheduleError::NotFound)?)
}
