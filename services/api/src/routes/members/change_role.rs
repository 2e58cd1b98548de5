//! `PATCH /api/v1/tenants/{tenant_id}/members/{user_id}`: gives a member another role.

use actix_web::patch;
use actix_web::web::{Data, Json};
use gantry_domain::{Member, TenantId, UserId};

use crate::api::Api;
use crate::extractors::{Caller, JsonBody, PathPart};
use crate::openapi::{BodyProblems, CallProblems, MemberProblems};
use crate::problem::ApiError;
use crate::tenancy::{RoleRequest, member, read_role};

/// Give a member another role
///
/// For owners and admins. Only an owner makes an owner, or an owner something else. It holds from the next request on.
#[utoipa::path(
    tag = "members",
    params(
        ("tenant_id" = TenantId, Path, description = "The tenant's id"),
        ("user_id" = UserId, Path, description = "The member's id")
    ),
    request_body = RoleRequest,
    responses(
        CallProblems, BodyProblems, MemberProblems,
        (status = 200, description = "The member", body = Member)
    )
)]
#[patch("/api/v1/tenants/{tenant_id}/members/{user_id}")]
pub async fn change_member_role(
    api: Data<Api>,
    caller: Caller,
    user: PathPart,
    body: JsonBody,
) -> Result<Json<Member>, ApiError> {
    let user_id = user.user_id()?;
    let role = read_role(body.read().await?.value)?;
    let changed = caller
        .scope(&api)
        .change_role(user_id, role, caller.user)
        .await?;
    Ok(Json(member(changed)?))
}
