//! `GET /api/v1/health`: how the API and what it stands on are.

use actix_web::get;
use actix_web::web::{Data, Json};

use crate::api::Api;
use crate::views::HealthView;

/// Show how the API and what it stands on are
///
/// Always 200 while the process answers; `degraded` names the part that is down.
#[utoipa::path(
    tag = "health",
    security(()),
    responses((status = 200, description = "Healthy or degraded", body = HealthView))
)]
#[get("/api/v1/health")]
pub async fn show_health(api: Data<Api>) -> Json<HealthView> {
    Json(api.health.check().await)
}
