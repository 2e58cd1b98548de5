//! What became of a webhook.

use serde::Serialize;
use utoipa::ToSchema;

/// What became of a webhook.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookView {
    /// In a word.
    pub outcome: WebhookOutcome,
}

/// What became of a webhook, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WebhookOutcome {
    /// What it tells is written down.
    Applied,
    /// The same message was taken before.
    Duplicate,
    /// Something later was told before.
    Outdated,
    /// It tells of nothing that concerns Gantry.
    Ignored,
}
