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
    let scope = caller.scope(&api);
    tenant(scope.delete_tenant(by).await?)?;
    if let Err(error) = scope.cut_off_revoked_machines().await {
        tracing::warn!(%error, tenant_id = %caller.tenant, "a machine of a deleted tenant is still connected; its login is taken away soon");
    }
    api.enrolment_upkeep.look_soon();
    tracing::info!(tenant_id = %caller.tenant, "a tenant was deleted");
    Ok(HttpResponse::NoContent().finish())
}
