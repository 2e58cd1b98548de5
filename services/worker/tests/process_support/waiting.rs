//! Waits for what other processes do.

use std::time::{Duration, Instant};

/// Long beyond anything that these tests wait for; only a failing test waits so long.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// Looks again and again until there is something to see.
pub async fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun_at = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun_at.elapsed() < DEADLINE, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
