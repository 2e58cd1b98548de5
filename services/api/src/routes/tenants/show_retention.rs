//! `GET /api/v1/tenants/{tenant_id}/retention`: how long a tenant's finished jobs are kept.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::TenantId;

use crate::api::Api;
use crate::extractors::{Caller, PathPart};
use crate::openapi::{CallProblems, OperatorProblem, TenantProblems};
use crate::problem::ApiError;
use crate::retention::{self, RetentionView};

/// How long a tenant's finished jobs are kept
///
/// A tenant without periods of its own has those of the workers' settings. For operators.
#[utoipa::path(
    tag = "tenants",
    params(("tenant_id" = TenantId, Path, description = "The tenant's id")),
    responses(
        CallProblems, OperatorProblem, TenantProblems,
        (status = 200, description = "The tenant's own periods, if it has any", body = RetentionView)
    )
)]
#[get("/api/v1/tenants/{tenant_id}/retention")]
pub async fn show_tenant_retention(
    api: Data<Api>,
    _caller: Caller,
    tenant: PathPart,
) -> Result<Json<RetentionView>, ApiError> {
    Ok(Json(retention::find(&api, tenant.tenant_id()?).await?))
}
