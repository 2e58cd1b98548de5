//! The two times that sign-in needs, behind a trait so that a test can turn them.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

/// What time it is: the calendar for what tokens say, a monotonic time for what caches keep.
pub trait Clock: Send + Sync {
    /// The calendar time, compared with a token's `exp`, `nbf` and `iat`.
    fn now(&self) -> DateTime<Utc>;

    /// The time since some fixed moment of this process; it never goes back.
    fn uptime(&self) -> Duration;
}

/// The machine's own clock.
#[derive(Debug)]
pub struct SystemClock {
    started_at: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self {
            started_at: Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn uptime(&self) -> Duration {
        self.started_at.elapsed()
    }
}
