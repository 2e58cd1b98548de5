//! `GET /api/v1/tenants`: the tenants the caller belongs to.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::{Tenant, TenantId};

use crate::api::Api;
use crate::extractors::{Caller, QueryString};
use crate::openapi::{CallProblems, QueryProblems};
use crate::page_request::{PageParameters, PageRequest};
use crate::problem::ApiError;
use crate::views::Page;

/// List the tenants the caller belongs to
///
/// Those they are a member of, and the one they act in now.
#[utoipa::path(
    tag = "tenants",
    params(PageParameters),
    responses(
        CallProblems, QueryProblems,
        (status = 200, description = "A page of tenants", body = Page<Tenant>)
    )
)]
#[get("/api/v1/tenants")]
pub async fn list_tenants(
    api: Data<Api>,
    caller: Caller,
    query: QueryString,
) -> Result<Json<Page<Tenant>>, ApiError> {
    let page = PageRequest::read(&query)?;
    let tenants = caller
        .scope(&api)
        .list_tenants_of(
            caller.user,
            caller.role(),
            page.last(TenantId::from_uuid),
            page.read_limit(),
        )
        .await?;
    Ok(Json(page.cut(tenants, |tenant| tenant.id.as_uuid())))
}
