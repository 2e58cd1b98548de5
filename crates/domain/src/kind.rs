//! A job kind as workers announce it and the API reads it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{KindName, QueueName, RETRY_BASE_LIMIT_SECONDS, RETRY_MAX_LIMIT_SECONDS};

/// How failures of a kind are retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetryPolicy {
    /// How many attempts a job gets in all, the first one counted.
    pub max_attempts: u32,
    /// The delay before the first retry, in seconds; it doubles with each further failure.
    pub base_seconds: u32,
    /// The longest delay, in seconds.
    pub max_seconds: u32,
}

/// The delays before the retries of one job, in place of its kind's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RetryDelays {
    /// The delay before the first retry, in seconds; it doubles with each further failure.
    #[cfg_attr(feature = "openapi", schema(maximum = 86400))]
    pub base_seconds: u32,
    /// The longest delay, in seconds; at least `base_seconds`.
    #[cfg_attr(feature = "openapi", schema(maximum = 604800))]
    pub max_seconds: u32,
}

impl RetryDelays {
    /// Whether both delays are within their limits and in their order.
    pub const fn are_in_range(self) -> bool {
        self.base_seconds <= RETRY_BASE_LIMIT_SECONDS
            && self.max_seconds <= RETRY_MAX_LIMIT_SECONDS
            && self.base_seconds <= self.max_seconds
    }
}

impl RetryPolicy {
    /// The same policy with a job's own delays, if it has any.
    pub const fn with_delays(self, delays: Option<RetryDelays>) -> Self {
        match delays {
            Some(delays) => Self {
                base_seconds: delays.base_seconds,
                max_seconds: delays.max_seconds,
                ..self
            },
            None => self,
        }
    }
}

impl Default for RetryPolicy {
    /// Three retries, 30 s doubling to 600 s.
    fn default() -> Self {
        Self {
            max_attempts: 4,
            base_seconds: 30,
            max_seconds: 600,
        }
    }
}

/// What a worker says of a kind it can run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KindDeclaration {
    /// The name, for instance `qe.relax.v1`.
    pub name: KindName,
    /// One sentence on what it does.
    pub description: String,
    /// JSON Schema (draft 2020-12) of the payload.
    pub payload_schema: serde_json::Value,
    /// The queue its jobs go to unless the submission names another.
    pub queue: QueueName,
    /// How long one attempt may take unless the submission says otherwise, in seconds.
    pub timeout_seconds: u32,
    /// How failures are retried.
    pub retry: RetryPolicy,
}

/// A kind as the API shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Kind {
    /// What was announced.
    #[serde(flatten)]
    pub declaration: KindDeclaration,
    /// When a worker last announced it.
    pub announced_at: DateTime<Utc>,
    /// How many live workers can run it now.
    pub workers: u32,
}
