//! `POST /api/v1/schedules/{id}/resume`: resumes a paused schedule.

use actix_web::post;
use actix_web::web::{Data, Json};
use gantry_domain::{Schedule, ScheduleId};

use crate::api::Api;
use crate::extractors::{Caller, PathPart};
use crate::openapi::{CallProblems, ScheduleOwnerProblem, ScheduleProblems};
use crate::ownership::find_changeable_schedule;
use crate::problem::{ApiError, ScheduleError};

/// Resume a paused schedule
///
/// It is due at the first tick from now on; the ticks of the pause are gone. One that is not paused stays as it is.
#[utoipa::path(
    tag = "schedules",
    params(("id" = ScheduleId, Path, description = "The schedule")),
    responses(
        CallProblems, ScheduleProblems, ScheduleOwnerProblem,
        (status = 200, description = "The schedule as it is now", body = Schedule)
    )
)]
#[post("/api/v1/schedules/{id}/resume")]
pub async fn resume_schedule(
    api: Data<Api>,
    caller: Caller,
    id: PathPart,
) -> Result<Json<Schedule>, ApiError> {
    let id = id.schedule_id()?;
    find_changeable_schedule(&api, &caller, id).await?;
    let schedule = caller.scope(&api).resume_schedule(id).await?;
    Ok(schedule.map(Json).ok_or(ScheduleError::NotFound)?)
}
