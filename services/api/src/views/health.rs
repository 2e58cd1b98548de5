//! How the process and what it stands on are.

use serde::Serialize;
use utoipa::ToSchema;

/// Whether everything is as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// Every part is up.
    Healthy,
    /// A part is down.
    Degraded,
}

/// Whether a part answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartStatus {
    /// It answers.
    Up,
    /// It does not, or is not fit for use.
    Down,
}

/// How the process and what it stands on are.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HealthView {
    /// All in all.
    pub status: HealthStatus,
    /// The version of the API.
    pub version: &'static str,
    /// One by one.
    pub parts: PartsView,
}

/// What the API stands on.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PartsView {
    /// Where jobs, results and logs are. Down: nothing can be submitted or read.
    pub postgres: PartView,
    /// The doorbell and the live feed. Down: jobs are accepted and start later, logs are followed from Postgres.
    pub redis: PartView,
}

/// How one part is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PartView {
    /// Whether it answers.
    pub status: PartStatus,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<&'static str>,
}

impl PartView {
    /// A part that answers.
    pub fn up() -> Self {
        Self {
            status: PartStatus::Up,
            detail: None,
        }
    }

    /// A part that does not.
    pub fn down(detail: &'static str) -> Self {
        Self {
            status: PartStatus::Down,
            detail: Some(detail),
        }
    }
}
