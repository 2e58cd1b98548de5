//! What was agreed upon with each tenant, as Postgres said a moment ago.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use gantry_domain::{AgreedRate, TenantId};
use gantry_store::{ApiStore, StoreError};

/// How long Postgres is not asked again.
const REMEMBERED_FOR: Duration = Duration::from_secs(30);
/// How many tenants are kept in mind; at more all are forgotten, which costs a few statements.
const CAPACITY: usize = 10_000;

/// What was agreed upon with the tenants that were active lately.
#[derive(Default)]
pub struct AgreedRates(Mutex<HashMap<TenantId, (Instant, AgreedRate)>>);

impl AgreedRates {
    /// What was agreed upon with a tenant; with one that nobody has signed in for yet the least. Where Postgres does not
    /// answer, what it said before still holds.
    ///
    /// # Errors
    /// Postgres cannot be reached and was never asked.
    pub async fn of(
        &self,
        store: &ApiStore,
        tenant_id: TenantId,
    ) -> Result<AgreedRate, StoreError> {
        let known = self.known(tenant_id);
        if let Some((asked_at, agreed)) = known
            && asked_at.elapsed() < REMEMBERED_FOR
        {
            return Ok(agreed);
        }
        match store.tenant(tenant_id).find_agreed_rate().await {
            Ok(found) => {
                let agreed = found.unwrap_or_default();
                self.keep(tenant_id, agreed);
                Ok(agreed)
            }
            Err(error) => known.map(|(_, agreed)| agreed).ok_or(error),
        }
    }

    pub fn forget(&self, tenant_id: TenantId) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(&tenant_id);
    }

    fn known(&self, tenant_id: TenantId) -> Option<(Instant, AgreedRate)> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&tenant_id).copied()
    }

    fn keep(&self, tenant_id: TenantId, agreed: AgreedRate) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CAPACITY {
            known.clear();
        }
        known.insert(tenant_id, (Instant::now(), agreed));
    }
}
