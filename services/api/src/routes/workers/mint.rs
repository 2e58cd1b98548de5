//! `POST /api/v1/workers/enrol-tokens`: mints a token that lets one machine in.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use gantry_domain::EnrolTokenId;
use gantry_store::{MintOutcome, NewEnrolToken};

use crate::api::Api;
use crate::enrolment::{ENROL_TOKEN_PREFIX, MintRequest, MintedEnrolToken, Secret, read_mint};
use crate::extractors::{Caller, JsonBody};
use crate::faults::{Fault, Path};
use crate::openapi::{BodyProblems, CallProblems, MintProblems};
use crate::problem::{ApiError, EnrolmentError};

/// Mint a token that lets a machine of the tenant's own in
///
/// `gantry-worker enroll` trades it, once, for a worker token with which that machine serves the named queues and sees
/// nothing else. The queues belong to the tenant from then on: jobs of others are refused there. A queue that anybody else
/// uses cannot be named. The token is shown in this answer only. For owners and admins.
#[utoipa::path(
    tag = "workers",
    request_body = MintRequest,
    responses(
        CallProblems, BodyProblems, MintProblems,
        (status = 201, description = "The token", body = MintedEnrolToken)
    )
)]
#[post("/api/v1/workers/enrol-tokens")]
pub async fn mint_enrol_token(
    api: Data<Api>,
    caller: Caller,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (queues, lifetime) = read_mint(body.read().await?.value)?;
    if api.enrolment_addresses.is_none() {
        return Err(EnrolmentError::NotOffered.into());
    }
    let secret = Secret::generate(ENROL_TOKEN_PREFIX)?;
    let token = NewEnrolToken {
        id: EnrolTokenId::generate(),
        queues,
        secret_hash: secret.hash(),
        created_by: caller.user,
        lifetime,
    };
    let minted = caller.scope(&api).mint_enrol_token(&token).await?;
    let kept = match minted {
        MintOutcome::Minted(kept) => kept,
        MintOutcome::QueuesTaken(taken) => {
            let places = token.queues.iter().enumerate();
            let taken = places.filter(|(_, queue)| taken.contains(queue));
            let faults = taken.map(|(place, queue)| Fault {
                path: Path::root().field("queues").item(place).to_string(),
                message: format!("{queue} is used by others, or belongs to them"),
            });
            return Err(ApiError::InvalidRequest(faults.collect()));
        }
        MintOutcome::TooMany => return Err(EnrolmentError::TooManyEnrolTokens.into()),
        MintOutcome::TooManyQueues => return Err(EnrolmentError::TooManyQueues.into()),
    };
    api.queue_owners.forget();
    tracing::info!(token_id = %kept.id, "an enrol token was minted");
    Ok(HttpResponse::Created().json(MintedEnrolToken {
        token: secret.expose().to_owned(),
        kept,
    }))
}
