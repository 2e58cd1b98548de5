//! The endpoints about concurrency limits as methods.

use gantry_domain::{ConcurrencyLimit, LimitSubject};
use serde::Serialize;

use crate::client::Client;
use crate::error::Result;
use crate::page::Page;

/// The body that sets a limit.
#[derive(Serialize)]
struct NewLimit {
    max_running: u32,
}

impl Client {
    /// Lets at most `max_running` jobs run at a time.
    pub async fn set_limit(
        &self,
        subject: &LimitSubject,
        max_running: u32,
    ) -> Result<ConcurrencyLimit> {
        self.put(&path(subject), &NewLimit { max_running }).await
    }

    /// Removes a limit.
    pub async fn remove_limit(&self, subject: &LimitSubject) -> Result<()> {
        self.delete(&path(subject)).await
    }

    /// Every limit.
    pub async fn limits(&self) -> Result<Vec<ConcurrencyLimit>> {
        let page: Page<ConcurrencyLimit> = self.get("limits", &()).await?;
        Ok(page.items)
    }
}

fn path(subject: &LimitSubject) -> String {
    format!("limits/{}s/{}", subject.scope(), subject.name())
}
