//! `POST /api/v1/jobs`: hands in a job.

use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use gantry_domain::Job;
use gantry_telemetry::fields;
use tracing::Span;

use crate::api::Api;
use crate::extractors::{Caller, JsonBody};
use crate::faults::{Faults, Path};
use crate::job_intake::check_jobs;
use crate::job_request::JobRequest;
use crate::openapi::{BodyProblems, CallProblems, OverloadProblem};
use crate::problem::ApiError;
use crate::views::accepted_job;

/// Hand in a job
///
/// Accepted means stored: the job will run even if everything but the database fails now.
#[utoipa::path(
    tag = "jobs",
    request_body = JobRequest,
    responses(
        CallProblems, BodyProblems, OverloadProblem,
        (status = 202, description = "Accepted", body = Job, headers(("Location" = String, description = "The job's path")))
    )
)]
#[post("/api/v1/jobs")]
pub async fn submit_job(
    api: Data<Api>,
    caller: Caller,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let document = body.read().await?;
    let mut faults = Faults::default();
    let request = JobRequest::read(document.value, Path::root(), &mut faults);
    faults.into_result()?;
    let requests = request.into_iter().map(|request| (Path::root(), request));
    let jobs = check_jobs(&api, &caller, requests.collect()).await?;
    let accepted = api.submissions.submit(jobs, document.length_bytes).await?;
    let job = accepted
        .into_iter()
        .next()
        .map(accepted_job)
        .ok_or_else(|| ApiError::internal("the accepted job did not come back"))?;
    Span::current().record(fields::JOB_ID, job.summary.id.to_string());
    tracing::info!(kind = %job.summary.kind, "a job was accepted");
    Ok(HttpResponse::Accepted()
        .insert_header((LOCATION, format!("/api/v1/jobs/{}", job.summary.id)))
        .json(job))
}
