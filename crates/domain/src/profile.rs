//! A person's profile in a tenant.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{CohortName, EmailAddress, ProfileId, UserId};

/// A person's profile in a tenant, of which a person has one at most in each. It can be there before the person is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Profile {
    /// The profile.
    pub id: ProfileId,
    /// The address it was registered for; null for a person who signed up without a verified one.
    pub email: Option<EmailAddress>,
    /// What to call the person.
    pub name: Option<String>,
    /// The group the person belongs to.
    pub cohort: CohortName,
    /// The person; null until somebody signs up whose verified primary address this is. It never becomes another's.
    pub user_id: Option<UserId>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Since when it is that person's.
    pub linked_at: Option<DateTime<Utc>>,
}
