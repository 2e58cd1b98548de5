//! `PUT /api/v1/limits/tenants/{tenant}`: limits how many jobs of a tenant run at a time.

use actix_web::put;
use actix_web::web::{Data, Json};
use gantry_domain::ConcurrencyLimit;

use crate::api::Api;
use crate::extractors::{Caller, JsonBody, PathPart};
use crate::limiting::{self, LimitRequest};
use crate::openapi::{CallProblems, LimitProblems, OperatorProblem};
use crate::problem::ApiError;

/// Limit how many jobs of a tenant run at a time
///
/// The limit counts the jobs of one tenant, or of each tenant by itself. What runs already runs on, and what waits for room is in nobody
/// else's way. For operators.
#[utoipa::path(
    tag = "limits",
    params(("tenant" = String, Path, description = "The tenant's id, or `default` for each tenant without a limit of its own")),
    request_body = LimitRequest,
    responses(
        CallProblems, OperatorProblem, LimitProblems,
        (status = 200, description = "The limit", body = ConcurrencyLimit)
    )
)]
#[put("/api/v1/limits/tenants/{tenant}")]
pub async fn set_tenant_limit(
    api: Data<Api>,
    operator: Caller,
    tenant: PathPart,
    body: JsonBody,
) -> Result<Json<ConcurrencyLimit>, ApiError> {
    let subject = tenant.limited_tenant()?;
    Ok(Json(limiting::set(&api, &operator, subject, body).await?))
}
