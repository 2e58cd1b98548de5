//! The moment in which an attempt is told that its time is running out.

use tokio::time::{Instant, sleep_until};

/// The moment in which an attempt is told that its time is running out: 240 s before its deadline, or after four fifths of
/// a short timeout. Nothing is stopped then; a handler may save what it has, hand the rest to a staged job, and return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SoftDeadline {
    at: Instant,
}

impl SoftDeadline {
    pub(crate) const fn at(at: Instant) -> Self {
        Self { at }
    }

    /// When that is.
    pub const fn instant(self) -> Instant {
        self.at
    }

    /// Whether it has come.
    pub fn has_passed(self) -> bool {
        self.at <= Instant::now()
    }

    /// Waits until it has come.
    pub async fn passed(self) {
        sleep_until(self.at).await;
    }
}
