//! `DELETE /api/v1/schedules/{id}`: ends a schedule.

use actix_web::web::Data;
use actix_web::{HttpResponse, delete};
use gantry_domain::ScheduleId;

use crate::api::Api;
use crate::extractors::{Caller, PathPart};
use crate::openapi::{CallProblems, ScheduleOwnerProblem, ScheduleProblems};
use crate::ownership::find_changeable_schedule;
use crate::problem::{ApiError, ScheduleError};

/// Delete a schedule
///
/// The jobs that it submitted stay.
#[utoipa::path(
    tag = "schedules",
    params(("id" = ScheduleId, Path, description = "The schedule")),
    responses(
        CallProblems, ScheduleProblems, ScheduleOwnerProblem,
        (status = 204, description = "It is gone")
    )
)]
#[delete("/api/v1/schedules/{id}")]
pub async fn delete_schedule(
    api: Data<Api>,
    caller: Caller,
    id: PathPart,
) -> Result<HttpResponse, ApiError> {
    let id = id.schedule_id()?;
    find_changeable_schedule(&api, &caller, id).await?;
    if !caller.scope(&api).delete_schedule(id).await? {
        return Err(ScheduleError::NotFound.into());
    }
    Ok(HttpResponse::NoContent().finish())
}
