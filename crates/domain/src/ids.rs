//! Identifiers: each a UUID of its own type, so that a tenant can never be passed where a job is meant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The namespace of every identifier derived from an identity provider's words.
const IDENTITY_NAMESPACE: Uuid = Uuid::from_u128(0x5f1c_2a70_8d0b_4c53_9a3e_6b7d_f04e_91c2);

/// A text that is no identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id: expected a UUID, 32 hexadecimal digits in groups of 8-4-4-4-12")]
pub struct InvalidId;

macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that is already known to name such a thing.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID itself, for the wire and for SQL.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::from_str(text).map(Self).map_err(|_| InvalidId)
            }
        }
    };
}

id! {
    /// An API key. UUIDv7, so that ids sort by creation time.
    ApiKeyId
}
id! {
    /// An entry of the audit log. UUIDv7, so that ids sort by time.
    AuditEventId
}
id! {
    /// Jobs that were handed in together with a callback. UUIDv7, so that ids sort by creation time.
    BatchId
}
id! {
    /// A token that lets one machine in. UUIDv7, so that ids sort by creation time.
    EnrolTokenId
}
id! {
    /// A job. UUIDv7, so that ids sort by creation time.
    JobId
}
id! {
    /// A person's standing in a tenant, as the identity provider keeps it.
    MembershipId
}
id! {
    /// A person's profile in a tenant. UUIDv7, so that ids sort by creation time.
    ProfileId
}
id! {
    /// A schedule. UUIDv7, so that ids sort by creation time.
    ScheduleId
}
id! {
    /// A tenant: an organization of the identity provider, or one person's own space.
    TenantId
}
id! {
    /// A person or program that signed in.
    UserId
}
id! {
    /// One run of a worker process, from its start to its end. Never reused.
    WorkerId
}
id! {
    /// A machine that was let in. UUIDv7, so that ids sort by creation time.
    WorkerTokenId
}

impl ApiKeyId {
    /// A new id, later than every id made by this process before.
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }
}

impl BatchId {
    /// A new id, later than every id made by this process before.
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }
}

impl AuditEventId {
    /// A new id, later than every id made by this process before.
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }
}

impl JobId {
    /// A new id, later than every id made by this process before.
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }
}

impl MembershipId {
    /// The id of a person's standing in a tenant; the same pair always gives the same id.
    pub fn of(tenant_id: TenantId, user_id: UserId) -> Self {
        let name = [tenant_id.0.into_bytes(), user_id.0.into_bytes()].concat();
        Self(Uuid::new_v5(&IDENTITY_NAMESPACE, &name))
    }
}

impl ProfileId {
    /// A new id, later than every id made by this process before.
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }
}

impl ScheduleId {
    /// A new id, later than every id made by this process before.
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }
}

impl EnrolTokenId {
    /// A new id, later than every id made by this process before.
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }
}

impl WorkerTokenId {
    /// A new id, later than every id made by this process before.
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }
}

impl WorkerId {
    /// A new id for a worker process that starts now.
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }
}

impl UserId {
    /// The id of the person an issuer calls `subject`; the same pair always gives the same id.
    pub fn for_subject(issuer: &str, subject: &str) -> Self {
        Self(derived("user", issuer, subject))
    }
}

impl TenantId {
    /// A new id for a tenant that a person makes.
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }

    /// The id of an issuer's organization; the same pair always gives the same id.
    pub fn for_organization(issuer: &str, organization: &str) -> Self {
        Self(derived("organization", issuer, organization))
    }

    /// The id of a person's own space, for people who act for no organization.
    pub fn for_person(issuer: &str, subject: &str) -> Self {
        Self(derived("person", issuer, subject))
    }
}

/// Lengths stand before the parts, so that no two different pairs read alike.
fn derived(purpose: &str, issuer: &str, name: &str) -> Uuid {
    let text = format!("{purpose}:{}:{issuer}:{}:{name}", issuer.len(), name.len());
    Uuid::new_v5(&IDENTITY_NAMESPACE, text.as_bytes())
}
