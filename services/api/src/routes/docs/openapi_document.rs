//! `GET /api/v1/openapi.json`: this API, described for programs.

use actix_web::http::header::ContentType;
use actix_web::web::Data;
use actix_web::{HttpResponse, get};

use crate::application::DocumentText;

/// Describe this API
#[utoipa::path(
    tag = "docs",
    security(()),
    responses((status = 200, description = "The OpenAPI document", body = serde_json::Value))
)]
#[get("/api/v1/openapi.json")]
pub async fn show_openapi_document(document: Data<DocumentText>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::json())
        .body(document.0.clone())
}
