//! `GET /api/v1/openapi.json`: this API, described for programs.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use utoipa::openapi::OpenApi;

/// Describe this API
#[utoipa::path(
    tag = "docs",
    security(()),
    responses((status = 200, description = "The OpenAPI document", body = serde_json::Value))
)]
#[get("/api/v1/openapi.json")]
pub async fn show_openapi_document(document: Data<OpenApi>) -> HttpResponse {
    HttpResponse::Ok().json(document.get_ref())
}
