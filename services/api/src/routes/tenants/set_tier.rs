//! `PUT /api/v1/tenants/{tenant_id}/tier`: gives a tenant a tier.

use actix_web::put;
use actix_web::web::{Data, Json};
use gantry_domain::TenantId;

use crate::api::Api;
use crate::extractors::{Caller, JsonBody, PathPart};
use crate::openapi::{CallProblems, OperatorProblem, RetentionProblems};
use crate::problem::ApiError;
use crate::tier::{self, TierRequest, TierView};

/// Give a tenant a tier
///
/// The tier, or the rate in its place, holds for the tenant as a whole and for each person in it, within half a minute; they
/// begin with all of it. For operators.
#[utoipa::path(
    tag = "tenants",
    params(("tenant_id" = TenantId, Path, description = "The tenant's id")),
    request_body = TierRequest,
    responses(
        CallProblems, OperatorProblem, RetentionProblems,
        (status = 200, description = "The tenant's tier", body = TierView)
    )
)]
#[put("/api/v1/tenants/{tenant_id}/tier")]
pub async fn set_tenant_tier(
    api: Data<Api>,
    operator: Caller,
    tenant: PathPart,
    body: JsonBody,
) -> Result<Json<TierView>, ApiError> {
    let tenant_id = tenant.tenant_id()?;
    let body = body.read().await?.value;
    Ok(Json(tier::set(&api, &operator, tenant_id, body).await?))
}
