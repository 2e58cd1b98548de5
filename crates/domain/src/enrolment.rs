//! Worker enrolment: how machines of tenants' own are let in, and for how long.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::word::word_enum;
use crate::{EnrolTokenId, QueueName, UserId, WorkerTokenId};

word_enum! {
    /// How a worker token stands.
    WorkerTokenState, "worker token state" {
        /// Its machine works.
        Valid = "valid",
        /// It was not renewed in time.
        Expired = "expired",
        /// Someone took it back.
        Revoked = "revoked",
    }
}

/// A token that lets one machine in, once. The token itself is shown when it is minted and kept nowhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolToken {
    /// Its id.
    pub id: EnrolTokenId,
    /// The queues that the machine may serve.
    pub queues: Vec<QueueName>,
    /// Who minted it.
    pub created_by: UserId,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Until when it can be used.
    pub expires_at: DateTime<Utc>,
}

/// A machine that was let in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkerToken {
    /// Its id.
    pub id: WorkerTokenId,
    /// What the machine called itself.
    pub name: String,
    /// The queues that it may serve.
    pub queues: Vec<QueueName>,
    /// How it stands.
    pub state: WorkerTokenState,
    /// Who minted the enrol token.
    pub created_by: UserId,
    /// When the machine was let in.
    pub created_at: DateTime<Utc>,
    /// When it last renewed the token.
    pub renewed_at: DateTime<Utc>,
    /// Until when the token is valid unless it is renewed.
    pub expires_at: DateTime<Utc>,
    /// When it was taken back.
    pub revoked_at: Option<DateTime<Utc>>,
}
