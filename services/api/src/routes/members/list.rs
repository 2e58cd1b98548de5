//! `GET /api/v1/tenants/{tenant_id}/members`: who belongs to a tenant.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::{Member, TenantId, UserId};

use crate::api::Api;
use crate::extractors::{Caller, QueryString};
use crate::openapi::{CallProblems, MissingTenantProblem, QueryProblems};
use crate::page_request::{PageParameters, PageRequest};
use crate::problem::ApiError;
use crate::views::Page;

/// List who belongs to a tenant
///
/// Of an organization of the identity provider, those that its webhooks told of; whoever holds one of its tokens belongs to
/// it as well.
#[utoipa::path(
    tag = "members",
    params(("tenant_id" = TenantId, Path, description = "The tenant's id"), PageParameters),
    responses(
        CallProblems, QueryProblems, MissingTenantProblem,
        (status = 200, description = "A page of members", body = Page<Member>)
    )
)]
#[get("/api/v1/tenants/{tenant_id}/members")]
pub async fn list_members(
    api: Data<Api>,
    caller: Caller,
    query: QueryString,
) -> Result<Json<Page<Member>>, ApiError> {
    let page = PageRequest::read(&query)?;
    let members = caller
        .scope(&api)
        .list_members(page.last(UserId::from_uuid), page.read_limit())
        .await?;
    Ok(Json(page.cut(members, |member| member.user_id.as_uuid())))
}
