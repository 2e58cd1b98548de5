//! `PATCH /api/v1/schedules/{id}`: gives a schedule other terms.

use actix_web::patch;
use actix_web::web::{Data, Json};
use gantry_domain::{Schedule, ScheduleId};
use gantry_store::ScheduleChange;

use crate::api::Api;
use crate::extractors::{Caller, JsonBody, PathPart};
use crate::faults::Faults;
use crate::openapi::{
    BodyProblems, CallProblems, ScheduleChangeProblems, ScheduleConflict, ScheduleOwnerProblem,
    ScheduleProblems,
};
use crate::ownership::find_changeable_schedule;
use crate::problem::{ApiError, ScheduleError};
use crate::schedule_request::{ScheduleChanges, ScheduleRequest};

/// Change a schedule
///
/// The outcome is checked as a new schedule is. Under another cron expression or time zone it is due at the first tick from
/// now on. Jobs that were submitted before stay as they are.
#[utoipa::path(
    tag = "schedules",
    params(("id" = ScheduleId, Path, description = "The schedule")),
    request_body = ScheduleChanges,
    responses(
        CallProblems, BodyProblems, ScheduleProblems, ScheduleChangeProblems, ScheduleOwnerProblem, ScheduleConflict,
        (status = 200, description = "The schedule as it is now", body = Schedule)
    )
)]
#[patch("/api/v1/schedules/{id}")]
pub async fn update_schedule(
    api: Data<Api>,
    caller: Caller,
    id: PathPart,
    body: JsonBody,
) -> Result<Json<Schedule>, ApiError> {
    let id = id.schedule_id()?;
    let before = find_changeable_schedule(&api, &caller, id).await?;
    let document = body.read().await?;
    let mut faults = Faults::default();
    let request = ScheduleRequest::read_changes(document.value, &before, &mut faults);
    faults.into_result()?;
    let request =
        request.ok_or_else(|| ApiError::internal("a schedule without faults is lacking"))?;
    let new = request.check(&api, &caller).await?;
    let change = caller
        .scope(&api)
        .update_schedule(id, before.summary.updated_at, &new.terms, &new.payload)
        .await?;
    match change {
        ScheduleChange::Changed(schedule) => Ok(Json(*schedule)),
        ScheduleChange::NameTaken => Err(ScheduleError::NameTaken.into()),
        ScheduleChange::Outdated => Err(ScheduleError::Outdated.into()),
        ScheduleChange::NotFound => Err(ScheduleError::NotFound.into()),
    }
}
