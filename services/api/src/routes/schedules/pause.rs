//! `POST /api/v1/schedules/{id}/pause`: pauses a schedule.

use actix_web::post;
use actix_web::web::{Data, Json};
use gantry_domain::{Schedule, ScheduleId};

use crate::api::Api;
use crate::extractors::{Caller, PathPart};
use crate::openapi::{CallProblems, ScheduleOwnerProblem, ScheduleProblems};
use crate::ownership::find_changeable_schedule;
use crate::problem::{ApiError, ScheduleError};

/// Pause a schedule
///
/// It submits nothing until it is resumed, and nothing piles up meanwhile. One that is paused already stays so.
#[utoipa::path(
    tag = "schedules",
    params(("id" = ScheduleId, Path, description = "The schedule")),
    responses(
        CallProblems, ScheduleProblems, ScheduleOwnerProblem,
        (status = 200, description = "The schedule as it is now", body = Schedule)
    )
)]
#[post("/api/v1/schedules/{id}/pause")]
pub async fn pause_schedule(
    api: Data<Api>,
    caller: Caller,
    id: PathPart,
) -> Result<Json<Schedule>, ApiError> {
    let id = id.schedule_id()?;
    find_changeable_schedule(&api, &caller, id).await?;
    let schedule = caller.scope(&api).pause_schedule(id).await?;
    Ok(schedule.map(Json).ok_or(ScheduleError::NotFound)?)
}
