//! `POST /api/v1/schedules`: creates a schedule.

use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use gantry_domain::Schedule;
use gantry_store::ScheduleCreation;

use crate::api::Api;
use crate::extractors::{Caller, JsonBody};
use crate::faults::Faults;
use crate::openapi::{BodyProblems, CallProblems, ScheduleBodyProblems, ScheduleConflict};
use crate::problem::{ApiError, ScheduleError};
use crate::schedule_request::ScheduleRequest;

/// Create a schedule
///
/// It is due at the first tick from now on, and submits one job for each tick, whatever the number of workers.
#[utoipa::path(
    tag = "schedules",
    request_body = ScheduleRequest,
    responses(
        CallProblems, BodyProblems, ScheduleBodyProblems, ScheduleConflict,
        (
            status = 201, description = "It is there", body = Schedule,
            headers(("Location" = String, description = "The schedule's path"))
        )
    )
)]
#[post("/api/v1/schedules")]
pub async fn create_schedule(
    api: Data<Api>,
    caller: Caller,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let document = body.read().await?;
    let mut faults = Faults::default();
    let request = ScheduleRequest::read(document.value, &mut faults);
    faults.into_result()?;
    let request =
        request.ok_or_else(|| ApiError::internal("a schedule without faults is lacking"))?;
    let new = request.check(&api, &caller).await?;
    let scope = caller.scope(&api);
    let schedule = match scope.create_schedule(&new).await? {
        ScheduleCreation::Created(schedule) => schedule,
        ScheduleCreation::NameTaken => return Err(ScheduleError::NameTaken.into()),
        ScheduleCreation::TooMany => return Err(ScheduleError::TooMany.into()),
    };
    Ok(HttpResponse::Created()
        .insert_header((
            LOCATION,
            format!("/api/v1/schedules/{}", schedule.summary.id),
        ))
        .json(schedule))
}
