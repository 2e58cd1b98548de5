//! `GET /api/v1/tenants`: the tenants the caller belongs to.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::{Tenant, TenantId};
use utoipa::IntoParams;

use crate::api::Api;
use crate::extractors::{Caller, QueryString};
use crate::openapi::{CallProblems, QueryProblems};
use crate::page_cursor::{cursor_after, read_cursor};
use crate::problem::ApiError;
use crate::views::Page;

/// Which tenants to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "documents the parameters, which are read one by one"
)]
struct ListParameters {
    /// How many to list; 50 unless given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List the tenants the caller belongs to
///
/// Those they are a member of, and the one they act in now.
#[utoipa::path(
    tag = "tenants",
    params(ListParameters),
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
    let (cursor, limit) = query.read(|query| (query.text("cursor"), query.page_limit()))?;
    let after = cursor.as_deref().map(read_cursor).transpose()?;
    let tenants = caller
        .scope(&api)
        .list_tenants_of(
            caller.user,
            caller.role(),
            after.map(TenantId::from_uuid),
            limit + 1,
        )
        .await?;
    Ok(Json(Page::cut(tenants, limit, |tenant| {
        cursor_after(tenant.id.as_uuid())
    })))
}
