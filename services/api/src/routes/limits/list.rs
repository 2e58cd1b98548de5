//! `GET /api/v1/limits`: how many jobs run at a time.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::ConcurrencyLimit;

use crate::api::Api;
use crate::extractors::Caller;
use crate::openapi::{CallProblems, OperatorProblem};
use crate::problem::ApiError;
use crate::views::Page;

/// List the concurrency limits
///
/// For operators.
#[utoipa::path(
    tag = "limits",
    responses(
        CallProblems, OperatorProblem,
        (status = 200, description = "Every limit; always one page", body = Page<ConcurrencyLimit>)
    )
)]
#[get("/api/v1/limits")]
pub async fn list_limits(
    api: Data<Api>,
    _caller: Caller,
) -> Result<Json<Page<ConcurrencyLimit>>, ApiError> {
    Ok(Json(Page::complete(api.store.operator().limits().await?)))
}
