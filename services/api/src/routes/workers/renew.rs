//! `POST /api/v1/workers/tokens/renew`: a machine renews its worker token.

use actix_web::HttpRequest;
use actix_web::post;
use actix_web::web::{Data, Json};
use gantry_domain::ActorKind;
use gantry_store::RenewOutcome;

use crate::api::Api;
use crate::enrolment::{RenewRequest, RenewedView, Secret, let_in, read_renew};
use crate::extractors::{JsonBody, origin_of};
use crate::openapi::{BodyProblems, RenewProblems};
use crate::problem::{ApiError, EnrolmentError};
use crate::request_rates::{count_request, line_up};

/// Renew a worker token
///
/// Needs no other credentials; the worker calls it by itself, well before its token expires and whenever Redis does not know
/// its user, which is then made again. The codes of 401 tell a token that was revoked from one that has expired.
#[utoipa::path(
    tag = "workers",
    security(()),
    request_body = RenewRequest,
    responses(
        BodyProblems, RenewProblems,
        (status = 200, description = "It is valid", body = RenewedView)
    )
)]
#[post("/api/v1/workers/tokens/renew")]
pub async fn renew_worker_token(
    api: Data<Api>,
    http: HttpRequest,
    body: JsonBody,
) -> Result<Json<RenewedView>, ApiError> {
    let token = read_renew(body.read().await?.value)?;
    let origin = origin_of(&http, ActorKind::Worker);
    let presented = Secret::hash_of(&token);
    let turn = line_up(&api, origin.source_address).await?;
    let renewing = api.store.renew_worker_token(&presented, &origin);
    let outcome = renewing.await?;
    drop(turn);
    let refused = match outcome {
        RenewOutcome::Renewed(worker) => {
            let_in(&api, &worker, &presented).await?;
            return Ok(Json(RenewedView {
                expires_at: worker.expires_at,
            }));
        }
        RenewOutcome::Expired => EnrolmentError::WorkerTokenExpired,
        RenewOutcome::Revoked => EnrolmentError::WorkerTokenRevoked,
        RenewOutcome::Unknown => EnrolmentError::WorkerTokenUnknown,
    };
    let refused = ApiError::from(refused);
    count_request(&api, &http, Err(&refused)).await?;
    Err(refused)
}
