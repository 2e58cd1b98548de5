//! The endpoints about API keys as methods.

use std::fmt;

use gantry_domain::{ApiKeyId, ApiKeySummary};
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::error::Result;
use crate::page::Page;

/// An API key to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewApiKey {
    /// What it is called.
    pub name: String,
    /// The rights it is to have, such as `jobs:submit`.
    pub scopes: Vec<String>,
    /// How many days it is valid.
    pub expires_in_days: u32,
}

/// An API key that was just made.
#[derive(Clone, Serialize, Deserialize)]
pub struct CreatedApiKey {
    /// What is told of it from now on.
    #[serde(flatten)]
    pub summary: ApiKeySummary,
    /// The key itself, which is told this once.
    pub key: String,
}

/// Without the key.
impl fmt::Debug for CreatedApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CreatedApiKey")
            .field("summary", &self.summary)
            .finish_non_exhaustive()
    }
}

/// A page to be listed.
#[derive(Serialize)]
struct PageQuery<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<&'a str>,
}

impl Client {
    /// Makes an API key that acts for the caller.
    pub async fn create_api_key(&self, key: &NewApiKey) -> Result<CreatedApiKey> {
        self.post("api-keys", key).await
    }

    /// One page of API keys, the newest first: the first page, or the one after `cursor`.
    pub async fn api_keys(&self, cursor: Option<&str>) -> Result<Page<ApiKeySummary>> {
        self.get("api-keys", &PageQuery { cursor }).await
    }

    /// Revokes an API key for good.
    pub async fn revoke_api_key(&self, id: ApiKeyId) -> Result<()> {
        self.delete(&format!("api-keys/{id}")).await
    }
}
