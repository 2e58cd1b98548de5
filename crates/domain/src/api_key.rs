//! API keys, as those who look after them see them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{ApiKeyId, UserId};

/// An API key without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiKeySummary {
    /// The key, as the audit log names it.
    pub id: ApiKeyId,
    /// What it is called.
    pub name: String,
    /// How the key begins, by which it is recognized where it is in use.
    pub prefix: String,
    /// The rights it has, as far as its maker has them at the time.
    pub scopes: Vec<String>,
    /// Who made it, and for whom it acts.
    pub created_by: UserId,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// Until when.
    pub expires_at: DateTime<Utc>,
    /// When it was used last, to the minute; null if never.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked; null if it was not.
    pub revoked_at: Option<DateTime<Utc>>,
}
