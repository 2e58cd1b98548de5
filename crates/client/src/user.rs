//! Who the API takes the caller for.

use gantry_domain::{TenantId, UserId};
use serde::{Deserialize, Serialize};

/// Who the API takes the caller for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentUser {
    /// The person, as jobs name their submitter.
    pub id: UserId,
    /// The tenant that owns what the caller submits.
    pub tenant_id: TenantId,
    /// Who vouches for the subject.
    pub issuer: String,
    /// The issuer's word for the person.
    pub subject: String,
    /// The e-mail address, where the issuer vouches for one.
    pub email: Option<String>,
    /// What to call the person, where the issuer says so.
    pub display_name: Option<String>,
    /// The organization the person acts for; absent in a person's own space.
    pub organization: Option<Organization>,
}

/// An organization, in the issuer's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// The issuer's id.
    pub id: String,
    /// The issuer's short name.
    pub slug: Option<String>,
    /// The person's role in it.
    pub role: Option<String>,
}
