//! `DELETE /api/v1/api-keys/{id}`: revokes a key.

use actix_web::web::Data;
use actix_web::{HttpResponse, delete};
use gantry_domain::ApiKeyId;

use crate::api::Api;
use crate::api_key_request;
use crate::extractors::{Caller, PathPart};
use crate::openapi::{ApiKeyProblems, CallProblems};
use crate::problem::ApiError;

/// Revoke an API key
///
/// For good. The process that answers refuses the key at once, others within two seconds. The key stays in the list; revoking
/// it again changes nothing.
#[utoipa::path(
    tag = "api-keys",
    params(("id" = ApiKeyId, Path, description = "The key")),
    responses(
        CallProblems, ApiKeyProblems,
        (status = 204, description = "It is revoked")
    )
)]
#[delete("/api/v1/api-keys/{id}")]
pub async fn revoke_api_key(
    api: Data<Api>,
    caller: Caller,
    id: PathPart,
) -> Result<HttpResponse, ApiError> {
    let id = id.api_key_id()?;
    api_key_request::revoke(&api, &caller, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
