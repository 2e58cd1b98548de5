//! `DELETE /api/v1/tenants/{tenant_id}/members/{user_id}`: ends a membership.

use actix_web::web::Data;
use actix_web::{HttpResponse, delete};
use gantry_domain::{TenantId, UserId};

use crate::api::Api;
use crate::extractors::{Caller, PathPart};
use crate::openapi::{CallProblems, MemberProblems};
use crate::problem::{ApiError, TenancyError};
use crate::rights::{Reach, Right};
use crate::tenancy::member;

/// Remove a member, or leave
///
/// Owners and admins remove others; anyone may leave. Only an owner removes an owner, and one owner always stays. It holds
/// from the next request on; jobs the person handed in run on.
#[utoipa::path(
    tag = "members",
    params(
        ("tenant_id" = TenantId, Path, description = "The tenant's id"),
        ("user_id" = UserId, Path, description = "The member's id")
    ),
    responses(
        CallProblems, MemberProblems,
        (status = 204, description = "They belong to the tenant no longer")
    )
)]
#[delete("/api/v1/tenants/{tenant_id}/members/{user_id}")]
pub async fn remove_member(
    api: Data<Api>,
    caller: Caller,
    user: PathPart,
) -> Result<HttpResponse, ApiError> {
    let user_id = user.user_id()?;
    let right = Right::EndMemberships;
    if user_id != caller.user && caller.reach(right) != Reach::All {
        let role = caller.role();
        return Err(TenancyError::MissingRight { right, role }.into());
    }
    let removed = caller
        .scope(&api)
        .remove_member(user_id, caller.user)
        .await?;
    member(removed)?;
    Ok(HttpResponse::NoContent().finish())
}
