//! `GET /api/v1/pauses`: who is held back.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::Pause;

use crate::api::Api;
use crate::extractors::Caller;
use crate::openapi::{CallProblems, OperatorProblem};
use crate::problem::ApiError;
use crate::views::Page;

/// List the pauses that last
///
/// For operators.
#[utoipa::path(
    tag = "pauses",
    responses(
        CallProblems, OperatorProblem,
        (status = 200, description = "Every pause, the oldest first; always one page", body = Page<Pause>)
    )
)]
#[get("/api/v1/pauses")]
pub async fn list_pauses(api: Data<Api>, _caller: Caller) -> Result<Json<Page<Pause>>, ApiError> {
    Ok(Json(Page::complete(api.store.operator().pauses().await?)))
}
