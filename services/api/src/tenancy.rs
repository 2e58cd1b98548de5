//! Requests about tenants and members, read strictly, and what became of them as answers.

use gantry_domain::{Member, Role, Tenant, UserId};
use gantry_store::{MemberChange, TenantChange};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::object_reader::{name_up_to, read_object, word};
use crate::problem::{ApiError, ControlError, TenancyError};
use crate::rights::Right;

/// How long a tenant's name may be.
const NAME_LIMIT_CHARACTERS: usize = 100;

/// A tenant to be made or renamed. Other fields are refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "documents the body, which is read by hand")]
pub struct TenantRequest {
    /// What it is called: 1 to 100 characters, without control characters.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
}

/// Someone who is to be a member. Other fields are refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "documents the body, which is read by hand")]
pub struct MemberRequest {
    /// Who, as `GET /api/v1/users/me` tells them.
    user_id: UserId,
    /// What they are to be.
    role: Role,
}

/// A member's new role. Other fields are refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "documents the body, which is read by hand")]
pub struct RoleRequest {
    /// What they are to be.
    role: Role,
}

/// The name that a body gives a tenant.
///
/// # Errors
/// [`ApiError::InvalidRequest`] with every fault.
pub fn read_name(body: Value) -> Result<String, ApiError> {
    read_object(body, |fields| {
        fields.required("name", name_up_to(NAME_LIMIT_CHARACTERS))
    })
}

/// The person and the role that a body names.
///
/// # Errors
/// [`ApiError::InvalidRequest`] with every fault.
pub fn read_member(body: Value) -> Result<(UserId, Role), ApiError> {
    read_object(body, |fields| {
        let user_id = fields.required("user_id", word);
        let role = fields.required("role", word);
        Some((user_id?, role?))
    })
}

/// The role that a body names.
///
/// # Errors
/// [`ApiError::InvalidRequest`] with every fault.
pub fn read_role(body: Value) -> Result<Role, ApiError> {
    read_object(body, |fields| fields.required("role", word))
}

/// What became of a wish about a tenant.
///
/// # Errors
/// It was refused.
pub fn tenant(change: TenantChange) -> Result<Tenant, ApiError> {
    Err(match change {
        TenantChange::Done(tenant) => return Ok(tenant),
        TenantChange::NotFound => ControlError::TenantNotFound.into(),
        TenantChange::ManagedByProvider => TenancyError::ManagedByProvider.into(),
        TenantChange::TooMany => TenancyError::TooManyTenants.into(),
    })
}

/// What became of a wish about a member.
///
/// # Errors
/// It was refused.
pub fn member(change: MemberChange) -> Result<Member, ApiError> {
    let refused = match change {
        MemberChange::Done(member) => return Ok(member),
        MemberChange::UnknownPerson => TenancyError::PersonNotFound,
        MemberChange::NotAMember => TenancyError::MemberNotFound,
        MemberChange::AlreadyAMember => TenancyError::AlreadyAMember,
        MemberChange::ManagedByProvider => TenancyError::ManagedByProvider,
        MemberChange::LastOwner => TenancyError::LastOwner,
        MemberChange::TooMany => TenancyError::TooManyMembers,
        MemberChange::OwnersOnly => TenancyError::OwnersOnly,
        MemberChange::ActorGone => TenancyError::NotAMember,
        MemberChange::ActorDemoted(role) => TenancyError::MissingRight {
            right: Right::ManageTenant,
            role,
        },
    };
    Err(refused.into())
}
