//! `DELETE /api/v1/tenants/{tenant_id}`: deletes a tenant.

use actix_web::web::Data;
use actix_web::{HttpResponse, delete};
use gantry_domain::TenantId;

use crate::api::Api;
use crate::extractors::Caller;
use crate::openapi::{CallProblems, ManagedTenantProblems};
use crate::problem::ApiError;
use crate::tenancy::tenant;

/// Delete a tenant
///
/// For owners. From now on it lets nobody in; jobs that wait do not start, schedules stand still, running jobs end by
/// themselves. What it held stays in the database until its retention periods are over.
#[utoipa::path(
    tag = "tenants",
    params(("tenant_id" = TenantId, Path, description = "The tenant's id")),
    responses(
        CallProblems, ManagedTenantProblems,
        (status = 204, description = "It is deleted")
    )
)]
#[delete("/api/v1/tenants/{tenant_id}")]
pub async fn delete_tenant(api: Data<Api>, caller: Caller) -> Result<HttpResponse, ApiError> {
    let name = caller.email.as_deref().unwrap_or(&caller.subject);
    let by = (caller.user, name, caller.role());
    tenant(caller.scope(&api).delete_tenant(by).await?)?;
    tracing::info!(tenant_id = %caller.tenant, "a tenant was deleted");
    Ok(HttpResponse::NoContent().finish())
}
