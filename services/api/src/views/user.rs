//! Who the caller is, as the API sees it.

use gantry_auth::Principal;
use gantry_domain::{TenantId, UserId};
use serde::Serialize;
use utoipa::ToSchema;

/// Who the caller is.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserView {
    /// The person or program, as `created_by` of a job names it.
    pub id: UserId,
    /// The tenant every job of this session belongs to.
    pub tenant_id: TenantId,
    /// Who vouches for the subject.
    pub issuer: String,
    /// The issuer's word for the person.
    pub subject: String,
    /// The e-mail address, where the issuer vouches for one.
    pub email: Option<String>,
    /// What to call the person, where the issuer says so.
    pub display_name: Option<String>,
    /// The organization the person acts for; null for a person's own space.
    pub organization: Option<OrganizationView>,
}

/// The organization a person acts for.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrganizationView {
    /// The issuer's id.
    pub id: String,
    /// The issuer's short name.
    pub slug: Option<String>,
    /// The person's role in it.
    pub role: Option<String>,
}

impl From<&Principal> for UserView {
    fn from(principal: &Principal) -> Self {
        Self {
            id: principal.user,
            tenant_id: principal.tenant,
            issuer: principal.issuer.clone(),
            subject: principal.subject.clone(),
            email: principal.email.clone(),
            display_name: principal.display_name.clone(),
            organization: principal
                .organization
                .as_ref()
                .map(|organization| OrganizationView {
                    id: organization.id.clone(),
                    slug: organization.slug.clone(),
                    role: organization.role.clone(),
                }),
        }
    }
}
