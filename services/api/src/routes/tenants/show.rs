//! `GET /api/v1/tenants/{tenant_id}`: one tenant the caller belongs to.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::{Tenant, TenantId};

use crate::api::Api;
use crate::extractors::Caller;
use crate::openapi::{CallProblems, MissingTenantProblem};
use crate::problem::{ApiError, ControlError};

/// Show a tenant the caller belongs to
#[utoipa::path(
    tag = "tenants",
    params(("tenant_id" = TenantId, Path, description = "The tenant's id")),
    responses(
        CallProblems, MissingTenantProblem,
        (status = 200, description = "The tenant", body = Tenant)
    )
)]
#[get("/api/v1/tenants/{tenant_id}")]
pub async fn show_tenant(api: Data<Api>, caller: Caller) -> Result<Json<Tenant>, ApiError> {
    let tenant = caller.scope(&api).find_tenant(caller.role()).await?;
    Ok(Json(tenant.ok_or(ControlError::TenantNotFound)?))
}
