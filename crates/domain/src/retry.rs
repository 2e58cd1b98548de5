//! Retry arithmetic: how long a failed job waits, and when its attempts are spent.

use std::time::Duration;

use crate::{RetryPolicy, SOFT_DEADLINE_GRACE_SECONDS};

/// The delay before the retry that follows the `failures`-th failure (1 for the first).
///
/// `base_seconds` doubling up to `max_seconds`, then spread by `jitter` in [0, 1) over 80 % to 100 % of that, so
/// that jobs that failed together do not come back together.
pub fn retry_delay(policy: &RetryPolicy, failures: u32, jitter: f64) -> Duration {
    let doublings = failures.saturating_sub(1).min(31);
    let full_seconds = u64::from(policy.base_seconds)
        .saturating_mul(1 << doublings)
        .min(u64::from(policy.max_seconds));
    let jitter = if jitter.is_finite() {
        jitter.clamp(0.0, 1.0)
    } else {
        0.0
    };
    Duration::from_secs(full_seconds).mul_f64(1.0 - 0.2 * jitter)
}

/// How long an attempt runs before it is told that its time is running out: until [`SOFT_DEADLINE_GRACE_SECONDS`] before
/// its timeout, or until four fifths of a timeout for which that would be more.
pub fn soft_deadline(timeout_seconds: u32) -> Duration {
    let timeout = Duration::from_secs(timeout_seconds.into());
    timeout - (timeout / 5).min(Duration::from_secs(SOFT_DEADLINE_GRACE_SECONDS.into()))
}

/// Whether a job that has been claimed `attempt` times, of which `losses` ended with a lost worker, may not be
/// retried any more.
pub const fn retry_budget_is_spent(attempt: u32, losses: u32, max_attempts: u32) -> bool {
    attempt.saturating_sub(losses) >= max_attempts
}
