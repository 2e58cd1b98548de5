//! The pause between two tries at something that is away: it doubles, and is spread so that many do not come at once.

use std::time::Duration;

/// The pause between two tries at something that is away.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
}

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

impl Backoff {
    pub(crate) const fn new() -> Self {
        Self { next: FIRST }
    }

    /// Waits, and doubles the next wait.
    pub(crate) async fn pause(&mut self) {
        let spread = rand::random_range(0.5..1.0);
        tokio::time::sleep(self.next.mul_f64(spread)).await;
        self.next = (self.next * 2).min(LONGEST);
    }

    /// Whether the next wait is the first: for saying a thing once and not with each try.
    pub(crate) fn is_fresh(&self) -> bool {
        self.next == FIRST
    }
}
