//! `DELETE /api/v1/tenants/{tenant_id}/retention`: lets the installation's retention periods hold for a tenant again.

use actix_web::web::Data;
use actix_web::{HttpResponse, delete};
use gantry_domain::TenantId;

use crate::api::Api;
use crate::extractors::{Caller, PathPart};
use crate::openapi::{CallProblems, OperatorProblem, TenantProblems};
use crate::problem::ApiError;
use crate::retention;

/// Remove a tenant's own retention periods
///
/// Those of the workers' settings hold again. For operators.
#[utoipa::path(
    tag = "tenants",
    params(("tenant_id" = TenantId, Path, description = "The tenant's id")),
    responses(
        CallProblems, OperatorProblem, TenantProblems,
        (status = 204, description = "It has none of its own")
    )
)]
#[delete("/api/v1/tenants/{tenant_id}/retention")]
pub async fn clear_tenant_retention(
    api: Data<Api>,
    operator: Caller,
    tenant: PathPart,
) -> Result<HttpResponse, ApiError> {
    retention::clear(&api, &operator, tenant.tenant_id()?).await?;
    Ok(HttpResponse::NoContent().finish())
}
