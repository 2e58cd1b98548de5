//! Every way a request can fail because of tenants, members and rights.

use actix_web::http::StatusCode;
use gantry_domain::Role;
use gantry_store::{MEMBER_LIMIT_COUNT, OWNED_TENANT_LIMIT_COUNT};

use crate::rights::Right;

/// Why a request about tenants and members failed, or a right was missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TenancyError {
    /// The caller is no member of the tenant they named.
    #[error("X-Tenant-Id does not name a tenant you belong to; GET /api/v1/tenants lists those.")]
    NotAMember,
    /// The organization of the caller's token was deleted.
    #[error("The organization of this session was deleted; act for another one.")]
    TenantDeleted,
    /// The caller's role does not allow it.
    #[error("Your role in this tenant, {role}, does not allow {right}.")]
    MissingRight {
        /// What it would take.
        right: Right,
        /// What the caller is.
        role: Role,
    },
    /// No such member in the tenant.
    #[error("There is no such member.")]
    MemberNotFound,
    /// Nobody of that id ever signed in.
    #[error("Nobody of this id has signed in yet; GET /api/v1/users/me tells a person their id.")]
    PersonNotFound,
    /// The person is a member already.
    #[error("This person is a member already; PATCH changes the role.")]
    AlreadyAMember,
    /// The identity provider decides.
    #[error("This is the identity provider's to change, not Gantry's.")]
    ManagedByProvider,
    /// Nobody would be left to own the tenant.
    #[error("A tenant keeps one owner at least; make someone else an owner first.")]
    LastOwner,
    /// An administrator wanted to deal with owners.
    #[error("Only an owner may make, change or remove an owner.")]
    OwnersOnly,
    /// As many members as allowed.
    #[error("A tenant has {MEMBER_LIMIT_COUNT} members at most.")]
    TooManyMembers,
    /// As many tenants as allowed.
    #[error("A person owns {OWNED_TENANT_LIMIT_COUNT} tenants at most.")]
    TooManyTenants,
}

impl TenancyError {
    /// The status, the code and the title.
    pub(super) const fn classify(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::NotAMember => (
                StatusCode::FORBIDDEN,
                "not_a_member",
                "You do not belong to this tenant",
            ),
            Self::TenantDeleted => (
                StatusCode::FORBIDDEN,
                "tenant_deleted",
                "The organization was deleted",
            ),
            Self::MissingRight { .. } => (
                StatusCode::FORBIDDEN,
                "missing_right",
                "Your role does not allow this",
            ),
            Self::MemberNotFound => (
                StatusCode::NOT_FOUND,
                "member_not_found",
                "There is no such member",
            ),
            Self::PersonNotFound => (
                StatusCode::NOT_FOUND,
                "user_not_found",
                "There is no such person",
            ),
            Self::AlreadyAMember => (
                StatusCode::CONFLICT,
                "already_a_member",
                "They belong to this tenant already",
            ),
            Self::ManagedByProvider => (
                StatusCode::CONFLICT,
                "managed_by_provider",
                "The identity provider decides this",
            ),
            Self::LastOwner => (
                StatusCode::CONFLICT,
                "last_owner",
                "The tenant would have no owner",
            ),
            Self::OwnersOnly => (
                StatusCode::FORBIDDEN,
                "owners_only",
                "Only owners may do this",
            ),
            Self::TooManyMembers => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "too_many_members",
                "There are too many members",
            ),
            Self::TooManyTenants => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "too_many_tenants",
                "You own too many tenants",
            ),
        }
    }
}
