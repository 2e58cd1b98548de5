//! `POST /api/v1/api-keys`: makes a key for a program.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};

use crate::api::Api;
use crate::api_key_request::{self, ApiKeyRequest, CreatedApiKey};
use crate::extractors::{Caller, JsonBody};
use crate::openapi::{ApiKeyBodyProblems, BodyProblems, CallProblems};
use crate::problem::ApiError;

/// Make an API key
///
/// The key is shown in this answer and never again. With it a program acts for the caller in this tenant, within the key's
/// scopes and within what the caller's role allows at the time. It ends when it is revoked, when it expires, and when the
/// caller is removed from the tenant.
#[utoipa::path(
    tag = "api-keys",
    request_body = ApiKeyRequest,
    responses(
        CallProblems, BodyProblems, ApiKeyBodyProblems,
        (status = 201, description = "The key", body = CreatedApiKey)
    )
)]
#[post("/api/v1/api-keys")]
pub async fn create_api_key(
    api: Data<Api>,
    caller: Caller,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let body = body.read().await?.value;
    let created = api_key_request::create(&api, &caller, body).await?;
    Ok(HttpResponse::Created().json(created))
}
