//! Tenants as people know them, and who belongs to them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::word::word_enum;
use crate::{Role, TenantId, UserId};

word_enum! {
    /// Who says that a tenant exists, or that someone belongs to it, and alone may change it.
    MembershipSource, "source of a membership" {
        /// The tenant's own administrators, by this API.
        Gantry = "gantry",
        /// The identity provider.
        Provider = "provider",
    }
}

/// Someone who belongs to a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Member {
    /// The person.
    pub user_id: UserId,
    /// The person's address, where the identity provider told it; null before they have acted in the tenant.
    pub email: Option<String>,
    /// What the person is in the tenant.
    pub role: Role,
    /// Who says so.
    pub source: MembershipSource,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// When the person first acted in the tenant; null while they have not, and for members of a provider's organization.
    pub accepted_at: Option<DateTime<Utc>>,
}

/// A tenant as one of its members knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tenant {
    /// What `X-Tenant-Id` names.
    pub id: TenantId,
    /// What it is called; null for a person's own space, and until the identity provider told it.
    pub name: Option<String>,
    /// Who says that it exists.
    pub source: MembershipSource,
    /// What the caller is in it.
    pub role: Role,
    /// Since when it is known here.
    pub created_at: DateTime<Utc>,
}
