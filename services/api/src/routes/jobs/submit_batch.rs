//! `POST /api/v1/jobs/batch`: hands in several jobs, all or none.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};

use crate::acceptance::{Origin, accept};
use crate::api::Api;
use crate::extractors::{Caller, IDEMPOTENCY_REPLAYED, IdempotencyHeader, JsonBody};
use crate::faults::{Faults, Path};
use crate::job_intake::check_jobs;
use crate::job_request::BatchRequest;
use crate::openapi::{BodyProblems, CallProblems, IdempotencyParameter, SubmissionProblems};
use crate::problem::ApiError;
use crate::views::BatchView;

/// Hand in several jobs, all or none
///
/// A fault names the job it is in, for instance `jobs[3].payload.input`. A live job that holds the `unique_key` of one
/// with `on_conflict: return_existing` stands in its place. An `Idempotency-Key` is for the batch as a whole.
#[utoipa::path(
    tag = "jobs",
    params(IdempotencyParameter),
    request_body = BatchRequest,
    responses(
        CallProblems, BodyProblems, SubmissionProblems,
        (status = 202, description = "All accepted, in the order of the request", body = BatchView, headers(
            ("Idempotency-Replayed" = String, description = "`true` where an earlier request under the key made the jobs")
        ))
    )
)]
#[post("/api/v1/jobs/batch")]
pub async fn submit_jobs(
    api: Data<Api>,
    caller: Caller,
    idempotency: IdempotencyHeader,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let keyed = idempotency.read()?;
    let document = body.read().await?;
    let identity = keyed.map(|keyed| keyed.identity(&document.value));
    let mut faults = Faults::default();
    let batch = BatchRequest::read(document.value, &mut faults)?;
    faults.into_result()?;
    let place = |index| Path::root().field("jobs").item(index);
    let requests = batch.jobs.into_iter().enumerate();
    let requests = requests.map(|(index, request)| (place(index), request));
    let checked = check_jobs(&api, &caller, requests.collect()).await;
    let length_bytes = document.length_bytes;
    let answered = accept(&api, &caller, checked, identity.as_ref(), length_bytes).await?;
    let mut response = HttpResponse::Accepted();
    if answered.origin == Origin::Replayed {
        response.insert_header(IDEMPOTENCY_REPLAYED);
    }
    tracing::info!(jobs = answered.jobs.len(), origin = ?answered.origin, "a batch of jobs was accepted");
    Ok(response.json(BatchView {
        items: answered.jobs,
    }))
}
