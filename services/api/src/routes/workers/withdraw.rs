//! `DELETE /api/v1/workers/enrol-tokens/{token_id}`: takes a token back that has let no machine in.

use actix_web::web::Data;
use actix_web::{HttpResponse, delete};
use gantry_domain::EnrolTokenId;

use crate::api::Api;
use crate::extractors::{Caller, PathPart};
use crate::openapi::{CallProblems, EnrolTokenProblems};
use crate::problem::{ApiError, EnrolmentError};

/// Take an enrol token back
///
/// A machine that it has let in already stays in; revoke its worker token. For owners and admins.
#[utoipa::path(
    tag = "workers",
    params(("token_id" = EnrolTokenId, Path, description = "The enrol token's id")),
    responses(
        CallProblems, EnrolTokenProblems,
        (status = 204, description = "It lets nobody in any more")
    )
)]
#[delete("/api/v1/workers/enrol-tokens/{token_id}")]
pub async fn withdraw_enrol_token(
    api: Data<Api>,
    caller: Caller,
    token_id: PathPart,
) -> Result<HttpResponse, ApiError> {
    let id = token_id.enrol_token_id()?;
    if !caller.scope(&api).withdraw_enrol_token(id).await? {
        return Err(EnrolmentError::EnrolTokenNotFound.into());
    }
    Ok(HttpResponse::NoContent().finish())
}
