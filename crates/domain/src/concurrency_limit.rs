//! A concurrency limit: how many jobs of a tenant or kind run at a time.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::word::word_enum;
use crate::{KindName, TenantId, UserId};

/// The word for every tenant without a limit of its own.
const EVERY_TENANT: &str = "default";

word_enum! {
    /// Whose jobs a limit counts.
    LimitScope, "scope of a limit" {
        /// Those of a tenant.
        Tenant = "tenant",
        /// Those of a kind.
        Kind = "kind",
    }
}

/// Whose jobs a limit counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LimitSubject {
    /// Those of one tenant.
    Tenant(TenantId),
    /// Those of each tenant without a limit of its own.
    EveryTenant,
    /// Those of one kind, of all tenants together.
    Kind(KindName),
}

/// How many jobs of a tenant or kind run at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConcurrencyLimit {
    /// Whose jobs are counted.
    pub scope: LimitScope,
    /// The kind's name or the tenant's id; `default` for each tenant without a limit of its own.
    pub subject: String,
    /// How many may run at a time.
    pub max_running: u32,
    /// Who set it last.
    pub set_by: UserId,
    /// When it was set last.
    pub set_at: DateTime<Utc>,
}

impl LimitSubject {
    /// Of which scope it is.
    pub const fn scope(&self) -> LimitScope {
        match self {
            Self::Tenant(_) | Self::EveryTenant => LimitScope::Tenant,
            Self::Kind(_) => LimitScope::Kind,
        }
    }

    /// The kind's name, the tenant's id, or `default`.
    pub fn name(&self) -> String {
        match self {
            Self::Tenant(tenant) => tenant.to_string(),
            Self::EveryTenant => EVERY_TENANT.to_owned(),
            Self::Kind(kind) => kind.to_string(),
        }
    }

    /// The tenant of this id, or every tenant for the word `default`.
    ///
    /// # Errors
    /// It is neither.
    pub fn of_tenant(text: &str) -> Result<Self, crate::InvalidId> {
        if text == EVERY_TENANT {
            return Ok(Self::EveryTenant);
        }
        text.parse().map(Self::Tenant)
    }
}
