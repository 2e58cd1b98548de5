//! `GET /api/v1/tenants/{tenant_id}/tier`: which tier a tenant has.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::TenantId;

use crate::api::Api;
use crate::extractors::{Caller, PathPart};
use crate::openapi::{CallProblems, OperatorProblem, TenantProblems};
use crate::problem::ApiError;
use crate::tier::{self, TierView};

/// Which tier a tenant has
///
/// A tenant nobody gave a tier has `free`. For operators.
#[utoipa::path(
    tag = "tenants",
    params(("tenant_id" = TenantId, Path, description = "The tenant's id")),
    responses(
        CallProblems, OperatorProblem, TenantProblems,
        (status = 200, description = "The tenant's tier", body = TierView)
    )
)]
#[get("/api/v1/tenants/{tenant_id}/tier")]
pub async fn show_tenant_tier(
    api: Data<Api>,
    _operator: Caller,
    tenant: PathPart,
) -> Result<Json<TierView>, ApiError> {
    Ok(Json(tier::find(&api, tenant.tenant_id()?).await?))
}
