//! `PATCH /api/v1/tenants/{tenant_id}`: gives a tenant another name.

use actix_web::patch;
use actix_web::web::{Data, Json};
use gantry_domain::{Tenant, TenantId};

use crate::api::Api;
use crate::extractors::{Caller, JsonBody};
use crate::openapi::{BodyProblems, CallProblems, ManagedTenantProblems};
use crate::problem::ApiError;
use crate::tenancy::{TenantRequest, read_name, tenant};

/// Rename a tenant
///
/// For owners and admins. A person's own space, and a tenant that is an organization of the identity provider, cannot be
/// renamed here.
#[utoipa::path(
    tag = "tenants",
    params(("tenant_id" = TenantId, Path, description = "The tenant's id")),
    request_body = TenantRequest,
    responses(
        CallProblems, BodyProblems, ManagedTenantProblems,
        (status = 200, description = "The tenant", body = Tenant)
    )
)]
#[patch("/api/v1/tenants/{tenant_id}")]
pub async fn rename_tenant(
    api: Data<Api>,
    caller: Caller,
    body: JsonBody,
) -> Result<Json<Tenant>, ApiError> {
    let name = read_name(body.read().await?.value)?;
    let renamed = caller.scope(&api).rename(&name, caller.role()).await?;
    Ok(Json(tenant(renamed)?))
}
