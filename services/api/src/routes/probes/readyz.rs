//! `GET /readyz`: whether requests should be sent here.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};

use crate::api::Api;
use crate::views::{HealthStatus, HealthView};

/// Tell whether requests should be sent here
///
/// Not ready means that Postgres, its schema or Redis is missing, or that the process is stopping.
#[utoipa::path(
    tag = "health",
    security(()),
    responses(
        (status = 200, description = "Ready", body = HealthView),
        (status = 503, description = "Not ready; the parts say why", body = HealthView)
    )
)]
#[get("/readyz")]
pub async fn tell_readiness(api: Data<Api>) -> HttpResponse {
    let health = api.health.check().await;
    if health.status == HealthStatus::Healthy && !api.stopping.is_cancelled() {
        HttpResponse::Ok().json(health)
    } else {
        HttpResponse::ServiceUnavailable().json(health)
    }
}
