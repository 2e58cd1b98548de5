//! What an identity provider tells of its people, organizations and memberships, in words of no provider.

use chrono::{DateTime, Utc};

use crate::{EmailAddress, Role};

/// One thing that an identity provider told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryNotice {
    /// The provider's own name for itself, as in its tokens.
    pub issuer: String,
    /// The provider's id of this notice; the same when it is told again.
    pub delivery_id: String,
    /// When the provider changed what it tells of. Notices come in any order; this one decides.
    pub changed_at: DateTime<Utc>,
    /// What it tells.
    pub event: DirectoryEvent,
}

/// What became of a person, an organization or a membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DirectoryEvent {
    /// A person is there, or is now as described.
    UserChanged(DirectoryUser),
    /// A person is gone for good.
    UserDeleted {
        /// The provider's word for the person.
        subject: String,
    },
    /// An organization is there, or is now as described.
    OrganizationChanged(DirectoryOrganization),
    /// An organization is gone for good.
    OrganizationDeleted {
        /// The provider's id.
        external_id: String,
    },
    /// A person belongs to an organization, in this role.
    MembershipChanged(DirectoryMembership, Role),
    /// A person belongs to an organization no more.
    MembershipDeleted(DirectoryMembership),
}

/// A person as the provider describes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryUser {
    /// The provider's word for the person.
    pub subject: String,
    /// The primary address, only if the provider has seen that it is the person's own. Whatever is given to the owner of an
    /// address is given by this one and no other.
    pub verified_email: Option<EmailAddress>,
    /// The given name.
    pub first_name: Option<String>,
    /// The family name.
    pub last_name: Option<String>,
    /// The cohort that the operator's backend wrote into the person's metadata, not looked at yet.
    pub cohort: Option<String>,
}

/// An organization as the provider describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryOrganization {
    /// The provider's id.
    pub external_id: String,
    /// What people call it.
    pub name: Option<String>,
}

/// Who belongs to which organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryMembership {
    /// The provider's id of this membership; another one when a person leaves and comes back.
    pub external_id: Option<String>,
    /// The organization.
    pub organization: DirectoryOrganization,
    /// The provider's word for the person.
    pub subject: String,
}

impl DirectoryUser {
    /// What to call the person.
    pub fn display_name(&self) -> Option<String> {
        let names = [self.first_name.as_deref(), self.last_name.as_deref()];
        let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let name: String = name
            .chars()
            .take(crate::PERSON_NAME_LIMIT_CHARACTERS)
            .collect();
        let name = name.trim();
        (!name.is_empty()).then(|| name.to_owned())
    }
}
