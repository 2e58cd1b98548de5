//! `POST /api/v1/jobs/batch`: hands in several jobs, all or none.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use gantry_domain::{BatchId, Job, JobId};
use gantry_store::TenantScope;

use crate::acceptance::{Origin, accept};
use crate::api::Api;
use crate::extractors::{Caller, IDEMPOTENCY_REPLAYED, IdempotencyHeader, JsonBody};
use crate::faults::{Faults, Path};
use crate::job_intake::{CheckedJob, check_jobs};
use crate::job_request::{BatchRequest, JobRequest};
use crate::openapi::{BodyProblems, CallProblems, IdempotencyParameter, SubmissionProblems};
use crate::problem::ApiError;
use crate::views::BatchView;

/// Hand in several jobs, all or none
///
/// A fault names the job it is in, for instance `jobs[3].payload.input`. A live job that holds the `unique_key` of one
/// with `on_conflict: return_existing` stands in its place. A job may name earlier ones of the batch as its parents. An
/// `Idempotency-Key` is for the batch as a whole.
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
    let has_callback = batch.callback.is_some();
    let checked = check_jobs(&api, &caller, requests(batch)).await;
    let checked = checked.map(|jobs| if has_callback { awaited(jobs) } else { jobs });
    let batch_id = has_callback.then(BatchId::generate);
    let answered = accept(
        &api,
        &caller,
        checked,
        identity.as_ref(),
        batch_id,
        document.length_bytes,
    )
    .await?;
    let mut response = HttpResponse::Accepted();
    if answered.origin == Origin::Replayed {
        response.insert_header(IDEMPOTENCY_REPLAYED);
    }
    tracing::info!(jobs = answered.jobs.len(), origin = ?answered.origin, "a batch of jobs was accepted");
    let scope = caller.scope(&api);
    let view = if has_callback {
        view_with_callback(&scope, answered.jobs).await?
    } else {
        BatchView {
            items: answered.jobs,
            batch_id: None,
            callback: None,
        }
    };
    Ok(response.json(view))
}

/// The jobs, and last the callback.
fn requests(batch: BatchRequest) -> Vec<(Path, JobRequest)> {
    let place = |index| Path::root().field("jobs").item(index);
    let jobs = batch.jobs.into_iter().enumerate();
    let callback = batch.callback.map(JobRequest::from);
    jobs.map(|(index, request)| (place(index), request))
        .chain(callback.map(|callback| (Path::root().field("callback"), callback)))
        .collect()
}

/// The same jobs; the last of them waits for all others.
fn awaited(mut jobs: Vec<CheckedJob>) -> Vec<CheckedJob> {
    if let Some((callback, others)) = jobs.split_last_mut() {
        callback.job.parents = others
            .iter()
            .map(|other| other.job.id)
            .collect::<Vec<JobId>>();
    }
    jobs
}

/// The batch is looked up, because it is an earlier one where the request was repeated.
async fn view_with_callback(
    scope: &TenantScope<'_>,
    mut jobs: Vec<Job>,
) -> Result<BatchView, ApiError> {
    let callback = jobs.pop();
    let batch_id = match &callback {
        Some(callback) => scope.batch_of_callback(callback.summary.id).await?,
        None => None,
    };
    Ok(BatchView {
        items: jobs,
        batch_id,
        callback,
    })
}
