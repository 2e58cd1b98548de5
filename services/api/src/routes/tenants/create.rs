//! `POST /api/v1/tenants`: makes a tenant.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use gantry_domain::{Tenant, TenantId};

use crate::api::Api;
use crate::extractors::{Caller, JsonBody};
use crate::openapi::{BodyProblems, CallProblems, TenantLimitProblem};
use crate::problem::ApiError;
use crate::tenancy::{TenantRequest, read_name, tenant};

/// Make a tenant
///
/// The caller becomes its owner. Act in it by sending its id as `X-Tenant-Id`.
#[utoipa::path(
    tag = "tenants",
    request_body = TenantRequest,
    responses(
        CallProblems, BodyProblems, TenantLimitProblem,
        (status = 201, description = "The tenant", body = Tenant)
    )
)]
#[post("/api/v1/tenants")]
pub async fn create_tenant(
    api: Data<Api>,
    caller: Caller,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let name = read_name(body.read().await?.value)?;
    let scope = caller.scope_of(&api, TenantId::generate());
    let tenant = tenant(scope.found(&name, caller.user).await?)?;
    let location = format!("/api/v1/tenants/{}", tenant.id);
    Ok(HttpResponse::Created()
        .insert_header(("Location", location))
        .json(tenant))
}
