//! `POST /api/v1/workers/enroll`: lets a machine in that brings an enrol token.

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, post};
use gantry_crash_points::{CrashPoint, reach};
use gantry_domain::{ActorKind, WorkerTokenId};
use gantry_store::{EnrolOutcome, NewWorkerToken};

use crate::api::Api;
use crate::enrolment::{
    EnrolRequest, EnrolledView, Secret, WORKER_TOKEN_PREFIX, let_in, password_verifier, read_enrol,
};
use crate::extractors::{JsonBody, origin_of};
use crate::openapi::{BodyProblems, EnrolProblems};
use crate::problem::{ApiError, EnrolmentError};
use crate::request_rates::{count_request, line_up};

/// Trade an enrol token for a worker token
///
/// Needs no other credentials; `gantry-worker enroll` calls it. Of any number of machines that come with the same token one
/// is let in. It is given a worker token of seven days, which it renews, and a login of its own in Postgres and in Redis.
#[utoipa::path(
    tag = "workers",
    security(()),
    request_body = EnrolRequest,
    responses(
        BodyProblems, EnrolProblems,
        (status = 201, description = "What the machine works with, shown this once", body = EnrolledView)
    )
)]
#[post("/api/v1/workers/enroll")]
pub async fn enroll_worker(
    api: Data<Api>,
    http: HttpRequest,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (enrol_token, name) = read_enrol(body.read().await?.value)?;
    let addresses = api
        .enrolment_addresses
        .as_ref()
        .ok_or(EnrolmentError::NotOffered)?;
    let secret = Secret::generate(WORKER_TOKEN_PREFIX)?;
    let database_password = Secret::generate("")?;
    let redis_password = Secret::generate("")?;
    let token = NewWorkerToken {
        id: WorkerTokenId::generate(),
        name,
        secret_hash: secret.hash(),
        redis_password_hash: redis_password.hash(),
        password_verifier: password_verifier(&database_password)?,
    };
    let origin = origin_of(&http, ActorKind::Worker);
    let presented = Secret::hash_of(&enrol_token);
    let turn = line_up(&api, origin.source_address).await?;
    let outcome = api.store.enroll(&presented, &token, &origin).await?;
    drop(turn);
    let worker = match outcome {
        EnrolOutcome::Enrolled(worker) => worker,
        EnrolOutcome::Refused => {
            let refused = ApiError::from(EnrolmentError::Refused);
            count_request(&api, &http, Err(&refused)).await?;
            return Err(refused);
        }
        EnrolOutcome::TooMany => return Err(EnrolmentError::TooManyMachines.into()),
    };
    reach(CrashPoint::MachineEnrolled);
    let_in(&api, &worker, &token.secret_hash).await?;
    tracing::info!(token_id = %worker.id, tenant_id = %worker.tenant_id, "a machine was enrolled");
    let view = EnrolledView {
        database_url: addresses.database_url(&worker.login, &database_password)?,
        redis_url: addresses.redis_url(&api.queue.enrolled_user(worker.id), &redis_password)?,
        redis_prefix: addresses.redis_prefix.clone(),
        id: worker.id,
        token: secret.expose().to_owned(),
        expires_at: worker.expires_at,
        tenant_id: worker.tenant_id,
        queues: worker.queues,
    };
    Ok(HttpResponse::Created()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(view))
}
