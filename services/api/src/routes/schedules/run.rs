//! `POST /api/v1/schedules/{id}/run`: submits a job of the schedule now.

use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use gantry_crash_points::{CrashPoint, reach};
use gantry_domain::{Job, ScheduleId};
use gantry_telemetry::current_traceparent;

use crate::api::Api;
use crate::extractors::{Caller, PathPart};
use crate::openapi::{CallProblems, ScheduleOwnerProblem, ScheduleProblems};
use crate::ownership::find_changeable_schedule;
use crate::problem::{ApiError, ScheduleError};
use crate::views::accepted_job;

/// Submit a job of the schedule now
///
/// Paused or not; its ticks stay as they are. The job belongs to whoever created the schedule.
#[utoipa::path(
    tag = "schedules",
    params(("id" = ScheduleId, Path, description = "The schedule")),
    responses(
        CallProblems, ScheduleProblems, ScheduleOwnerProblem,
        (status = 202, description = "Accepted", body = Job, headers(("Location" = String, description = "The job's path")))
    )
)]
#[post("/api/v1/schedules/{id}/run")]
pub async fn run_schedule(
    api: Data<Api>,
    caller: Caller,
    id: PathPart,
) -> Result<HttpResponse, ApiError> {
    let id = id.schedule_id()?;
    find_changeable_schedule(&api, &caller, id).await?;
    let scope = caller.scope(&api);
    let submitted = scope.run_schedule(id, current_traceparent()).await?;
    let (job, accepted, doorbell) = submitted.ok_or(ScheduleError::NotFound)?;
    reach(CrashPoint::ScheduleRunCommitted);
    api.doorbells.ring(doorbell.into_iter().collect());
    let job = accepted_job((job, accepted));
    Ok(HttpResponse::Accepted()
        .insert_header((LOCATION, format!("/api/v1/jobs/{}", job.summary.id)))
        .json(job))
}
