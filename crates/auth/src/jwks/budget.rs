//! How often callers' tokens may make Gantry ask the issuer for its keys.

use std::time::Duration;

/// How many renewals tokens of one kind may cause in quick succession.
pub const RENEWAL_BURST: u32 = 5;
/// How long one renewal takes to come back to the budget.
pub const RENEWAL_INTERVAL: Duration = Duration::from_secs(10);

/// A token bucket: `RENEWAL_BURST` at once, then one each `RENEWAL_INTERVAL`.
///
/// Kept as the moment at which the bucket will be full again.
#[derive(Debug, Default)]
pub(crate) struct RenewalBudget {
    full_at: Duration,
}

impl RenewalBudget {
    /// Takes one renewal if there is one.
    pub(crate) fn take(&mut self, now: Duration) -> bool {
        let full_at = self.full_at.max(now) + RENEWAL_INTERVAL;
        let granted = full_at <= now + RENEWAL_INTERVAL * RENEWAL_BURST;
        if granted {
            self.full_at = full_at;
        }
        granted
    }
}
