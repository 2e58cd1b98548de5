//! `GET /api/v1/tenants/{tenant_id}/members`: who belongs to a tenant.

use actix_web::get;
use actix_web::web::{Data, Json};
use gantry_domain::{Member, TenantId, UserId};
use utoipa::IntoParams;

use crate::api::Api;
use crate::extractors::{Caller, QueryString};
use crate::openapi::{CallProblems, MissingTenantProblem, QueryProblems};
use crate::page_cursor::{cursor_after, read_cursor};
use crate::problem::ApiError;
use crate::views::Page;

/// Which members to list.
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

/// List who belongs to a tenant
///
/// Of an organization of the identity provider, those that its webhooks told of; whoever holds one of its tokens belongs to
/// it as well.
#[utoipa::path(
    tag = "members",
    params(("tenant_id" = TenantId, Path, description = "The tenant's id"), ListParameters),
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
    let (cursor, limit) = query.read(|query| (query.text("cursor"), query.page_limit()))?;
    let after = cursor.as_deref().map(read_cursor).transpose()?;
    let members = caller
        .scope(&api)
        .list_members(after.map(UserId::from_uuid), limit + 1)
        .await?;
    Ok(Json(Page::cut(members, limit, |member| {
        cursor_after(member.user_id.as_uuid())
    })))
}
