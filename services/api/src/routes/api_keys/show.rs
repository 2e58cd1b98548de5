//! `GET /api/v1/api-keys/{id}`: one key, without its secret.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::{ApiKeyId, ApiKeySummary};

use crate::api::Api;
use crate::api_key_request;
use crate::extractors::{Caller, PathPart};
use crate::openapi::{ApiKeyProblems, CallProblems};
use crate::problem::ApiError;

/// Show an API key
#[utoipa::path(
    tag = "api-keys",
    params(("id" = ApiKeyId, Path, description = "The key")),
    responses(
        CallProblems, ApiKeyProblems,
        (status = 200, description = "The key, without its secret", body = ApiKeySummary)
    )
)]
#[get("/api/v1/api-keys/{id}")]
pub async fn show_api_key(
    api: Data<Api>,
    caller: Caller,
    id: PathPart,
) -> Result<Json<ApiKeySummary>, ApiError> {
    let id = id.api_key_id()?;
    Ok(Json(api_key_request::find(&api, &caller, id).await?))
}
