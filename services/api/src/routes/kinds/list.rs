//! `GET /api/v1/kinds`: what can be submitted.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::Kind;

use crate::api::Api;
use crate::extractors::Caller;
use crate::openapi::CallProblems;
use crate::problem::ApiError;
use crate::views::Page;

/// List the kinds that workers have announced
#[utoipa::path(
    tag = "kinds",
    responses(
        CallProblems,
        (status = 200, description = "Every kind, by name; always one page", body = Page<Kind>)
    )
)]
#[get("/api/v1/kinds")]
pub async fn list_kinds(api: Data<Api>, _caller: Caller) -> Result<Json<Page<Kind>>, ApiError> {
    Ok(Json(Page::complete(api.store.kinds().await?)))
}
