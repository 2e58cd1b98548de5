//! `POST /api/v1/jobs`: hands in a job.

use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use gantry_domain::Job;
use gantry_telemetry::fields;
use tracing::Span;

use crate::acceptance::{Origin, accept};
use crate::api::Api;
use crate::extractors::{Caller, IDEMPOTENCY_REPLAYED, IdempotencyHeader, JsonBody};
use crate::faults::{Faults, Path};
use crate::job_intake::check_jobs;
use crate::job_request::JobRequest;
use crate::openapi::{BodyProblems, CallProblems, IdempotencyParameter, SubmissionProblems};
use crate::problem::ApiError;

/// Hand in a job
///
/// Accepted means stored: the job will run even if everything but the database fails now. With an `Idempotency-Key` the
/// request may be sent again for a day: it is answered with the same job, as that stands then, and the header
/// `Idempotency-Replayed: true`.
#[utoipa::path(
    tag = "jobs",
    params(IdempotencyParameter),
    request_body = JobRequest,
    responses(
        CallProblems, BodyProblems, SubmissionProblems,
        (status = 200, description = "Not accepted, because this live job holds the `unique_key`; with `on_conflict: return_existing` only", body = Job),
        (status = 202, description = "Accepted", body = Job, headers(
            ("Location" = String, description = "The job's path"),
            ("Idempotency-Replayed" = String, description = "`true` where an earlier request under the key made the job")
        ))
    )
)]
#[post("/api/v1/jobs")]
pub async fn submit_job(
    api: Data<Api>,
    caller: Caller,
    idempotency: IdempotencyHeader,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let keyed = idempotency.read()?;
    let document = body.read().await?;
    let identity = keyed.map(|keyed| keyed.identity(&document.value));
    let mut faults = Faults::default();
    let request = JobRequest::read(document.value, Path::root(), &mut faults);
    faults.into_result()?;
    let requests = request.into_iter().map(|request| (Path::root(), request));
    let checked = check_jobs(&api, &caller, requests.collect()).await;
    let length_bytes = document.length_bytes;
    let answered = accept(
        &api,
        &caller,
        checked,
        identity.as_ref(),
        None,
        length_bytes,
    )
    .await?;
    let mut response = match answered.origin {
        Origin::Existing => HttpResponse::Ok(),
        Origin::Accepted => HttpResponse::Accepted(),
        Origin::Replayed => {
            let mut response = HttpResponse::Accepted();
            response.insert_header(IDEMPOTENCY_REPLAYED);
            response
        }
    };
    let job = answered.jobs.into_iter().next();
    let job = job.ok_or_else(|| ApiError::internal("the accepted job did not come back"))?;
    Span::current().record(fields::JOB_ID, job.summary.id.to_string());
    tracing::debug!(kind = %job.summary.kind, origin = ?answered.origin, "a job was accepted");
    Ok(response
        .insert_header((LOCATION, format!("/api/v1/jobs/{}", job.summary.id)))
        .json(job))
}
