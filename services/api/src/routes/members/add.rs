//! `POST /api/v1/tenants/{tenant_id}/members`: makes someone a member.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use gantry_domain::{Member, TenantId};

use crate::api::Api;
use crate::extractors::{Caller, JsonBody};
use crate::openapi::{BodyProblems, CallProblems, MemberAdditionProblems};
use crate::problem::ApiError;
use crate::tenancy::{MemberRequest, member, read_member};

/// Make someone a member
///
/// For owners and admins. The person must have signed in once. Only an owner makes someone an owner.
#[utoipa::path(
    tag = "members",
    params(("tenant_id" = TenantId, Path, description = "The tenant's id")),
    request_body = MemberRequest,
    responses(
        CallProblems, BodyProblems, MemberAdditionProblems,
        (status = 201, description = "The member", body = Member)
    )
)]
#[post("/api/v1/tenants/{tenant_id}/members")]
pub async fn add_member(
    api: Data<Api>,
    caller: Caller,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (user_id, role) = read_member(body.read().await?.value)?;
    let added = caller
        .scope(&api)
        .add_member(user_id, role, caller.user)
        .await?;
    Ok(HttpResponse::Created().json(member(added)?))
}
