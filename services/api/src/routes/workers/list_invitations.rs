//! `GET /api/v1/workers/enrol-tokens`: which tokens wait for their machines.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::EnrolToken;

use crate::api::Api;
use crate::extractors::Caller;
use crate::openapi::CallProblems;
use crate::problem::ApiError;
use crate::views::Page;

/// List the enrol tokens that wait for their machines
///
/// Not those that were used or have expired, and never the tokens themselves. For owners and admins.
#[utoipa::path(
    tag = "workers",
    responses(
        CallProblems,
        (status = 200, description = "Newest first; always one page", body = Page<EnrolToken>)
    )
)]
#[get("/api/v1/workers/enrol-tokens")]
pub async fn list_enrol_tokens(
    api: Data<Api>,
    caller: Caller,
) -> Result<Json<Page<EnrolToken>>, ApiError> {
    let tokens = caller.scope(&api).enrol_tokens().await?;
    Ok(Json(Page::complete(tokens)))
}
