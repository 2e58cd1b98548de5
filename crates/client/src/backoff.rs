//! How long to wait before coming back, and when to give up.

use std::time::Duration;

/// How long to wait before coming back, and when to give up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReconnectPolicy {
    /// The delay after the first failure; it doubles with each further one.
    pub first_delay: Duration,
    /// The longest delay.
    pub longest_delay: Duration,
    /// How many failures in a row are borne; one more is final.
    pub failure_limit: u32,
}

impl Default for ReconnectPolicy {
    /// A quarter of a second doubling to ten seconds, fifteen failures: about two minutes, longer than an API takes to
    /// restart.
    fn default() -> Self {
        Self {
            first_delay: Duration::from_millis(250),
            longest_delay: Duration::from_secs(10),
            failure_limit: 15,
        }
    }
}

impl ReconnectPolicy {
    /// The delay after the `failures`-th failure in a row (1 for the first), spread by `jitter` in [0, 1) over 50 % to
    /// 100 %, so that followers that were dropped together do not come back together.
    pub(crate) fn delay(&self, failures: u32, jitter: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(16);
        let full = self
            .first_delay
            .saturating_mul(1 << doublings)
            .min(self.longest_delay);
        full.mul_f64(1.0 - 0.5 * jitter)
    }
}
