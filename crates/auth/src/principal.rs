//! Who the caller is, as the rest of Gantry sees it.

use chrono::{DateTime, Utc};
use gantry_domain::{Role, TenantId, UserId};

/// What an identity provider found out about a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Who vouches for the subject.
    pub issuer: String,
    /// The issuer's word for the person.
    pub subject: String,
    /// What is known of the e-mail address.
    pub email: Email,
    /// What to call the person, where the provider says so.
    pub display_name: Option<String>,
    /// The organization the person acts for.
    pub organization: Option<Organization>,
    /// The tenant: the organization's, else the person's own.
    pub tenant: TenantId,
    /// The origin the credential was made for.
    pub authorized_party: Option<String>,
    /// When the credential ends, where it does.
    pub expires_at: Option<DateTime<Utc>>,
}

/// What is known of a person's e-mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Email {
    /// An address the provider vouches for.
    Known(String),
    /// None, or one the provider says is not verified.
    Absent,
    /// There may be one, but the place that knows it does not answer.
    Unavailable,
}

/// The organization a person acts for, in the provider's words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Organization {
    /// The provider's id.
    pub id: String,
    /// The provider's short name.
    pub slug: Option<String>,
    /// The person's role in it, without a provider's prefix.
    pub role: Option<String>,
    /// The person's permissions in it, as `feature:permission`.
    pub permissions: Vec<String>,
}

/// What a credential proves of the caller's place in the tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The identity provider vouches for this role.
    Proven(Role),
    /// The caller named a tenant of which the credential says nothing: only a membership lets them in.
    Named,
    /// The caller named a tenant and is believed without proof, unless that tenant has members of its own.
    Believed,
}

/// A caller who is who they say they are, and may come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Who vouches for the subject.
    pub issuer: String,
    /// The issuer's word for the person.
    pub subject: String,
    /// The person, as Gantry's rows name them.
    pub user: UserId,
    /// The tenant every row of this request belongs to.
    pub tenant: TenantId,
    /// What the credential proves of the caller's place in that tenant.
    pub standing: Standing,
    /// The e-mail address, where the provider vouches for one.
    pub email: Option<String>,
    /// What to call the person, where the provider says so.
    pub display_name: Option<String>,
    /// The organization the person acts for, where the identity provider names it.
    pub organization: Option<Organization>,
}

impl Email {
    /// The address, where one is known.
    pub fn known(&self) -> Option<&str> {
        match self {
            Self::Known(address) => Some(address),
            Self::Absent | Self::Unavailable => None,
        }
    }
}

impl Identity {
    /// The tenant of a person of `issuer`: their organization's, else their own.
    pub fn tenant_of(issuer: &str, subject: &str, organization: Option<&Organization>) -> TenantId {
        match organization {
            Some(organization) => TenantId::for_organization(issuer, &organization.id),
            None => TenantId::for_person(issuer, subject),
        }
    }

    /// What the credential proves of the caller's place in the tenant.
    fn standing(&self) -> Standing {
        let own = TenantId::for_person(&self.issuer, &self.subject);
        match &self.organization {
            Some(organization) => Standing::Proven(organization.role()),
            None if self.tenant == own => Standing::Proven(Role::Owner),
            None => Standing::Believed,
        }
    }

    /// Whether `name` names the tenant of this identity: by its id, or by the organization's id.
    pub fn tenant_is_named(&self, name: &str) -> bool {
        let by_organization = self
            .organization
            .as_ref()
            .is_some_and(|organization| organization.id == name);
        by_organization
            || name
                .parse::<TenantId>()
                .is_ok_and(|tenant| tenant == self.tenant)
    }
}

impl Organization {
    /// The person's role in it; a member's where the provider tells none.
    fn role(&self) -> Role {
        self.role
            .as_deref()
            .map_or(Role::Member, Role::from_provider)
    }
}

impl Principal {
    /// The caller in that tenant: where it is not the one of the credential or their own space, a membership must let
    /// them in.
    #[must_use]
    pub fn in_tenant(self, tenant: TenantId) -> Self {
        if tenant == self.tenant {
            return self;
        }
        let is_own = tenant == TenantId::for_person(&self.issuer, &self.subject);
        Self {
            tenant,
            standing: if is_own {
                Standing::Proven(Role::Owner)
            } else {
                Standing::Named
            },
            organization: None,
            ..self
        }
    }
}

impl From<Identity> for Principal {
    fn from(identity: Identity) -> Self {
        let email = identity.email.known().map(str::to_owned);
        let standing = identity.standing();
        Self {
            standing,
            user: UserId::for_subject(&identity.issuer, &identity.subject),
            tenant: identity.tenant,
            issuer: identity.issuer,
            subject: identity.subject,
            email,
            display_name: identity.display_name,
            organization: identity.organization,
        }
    }
}
