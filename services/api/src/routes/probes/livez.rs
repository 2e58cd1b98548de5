//! `GET /livez`: whether the process answers.

use actix_web::get;
use actix_web::web::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// A process that answers.
#[derive(Serialize, ToSchema)]
pub struct Liveness {
    /// Always `alive`.
    status: &'static str,
}

/// Tell that the process answers
#[utoipa::path(
    tag = "health",
    security(()),
    responses((status = 200, description = "It answers", body = Liveness))
)]
#[get("/livez")]
pub async fn tell_liveness() -> Json<Liveness> {
    Json(Liveness { status: "alive" })
}
