//! `POST /api/v1/jobs/batch`: hands in several jobs, all or none.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};

use crate::api::Api;
use crate::extractors::{Caller, JsonBody};
use crate::faults::{Faults, Path};
use crate::job_intake::check_jobs;
use crate::job_request::BatchRequest;
use crate::openapi::{BodyProblems, CallProblems, OverloadProblem};
use crate::problem::ApiError;
use crate::views::{BatchView, accepted_job};

/// Hand in several jobs, all or none
///
/// A fault names the job it is in, for instance `jobs[3].payload.input`.
#[utoipa::path(
    tag = "jobs",
    request_body = BatchRequest,
    responses(
        CallProblems, BodyProblems, OverloadProblem,
        (status = 202, description = "All accepted, in the order of the request", body = BatchView)
    )
)]
#[post("/api/v1/jobs/batch")]
pub async fn submit_jobs(
    api: Data<Api>,
    caller: Caller,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let document = body.read().await?;
    let mut faults = Faults::default();
    let batch = BatchRequest::read(document.value, &mut faults)?;
    faults.into_result()?;
    let place = |index| Path::root().field("jobs").item(index);
    let requests = batch.jobs.into_iter().enumerate();
    let requests = requests.map(|(index, request)| (place(index), request));
    let jobs = check_jobs(&api, &caller, requests.collect()).await?;
    let accepted = api.submissions.submit(jobs, document.length_bytes).await?;
    tracing::info!(jobs = accepted.len(), "a batch of jobs was accepted");
    Ok(HttpResponse::Accepted().json(BatchView {
        items: accepted.into_iter().map(accepted_job).collect(),
    }))
}
