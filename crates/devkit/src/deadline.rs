//! Waiting for a condition, up to a deadline.

use std::thread;
use std::time::{Duration, Instant};

/// How long to leave a condition alone between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// Looks until `probe` gives a value and returns it; `None` when `limit` passed first. Looks at least once.
pub(crate) fn wait_for<T>(limit: Duration, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = probe() {
            return Some(value);
        }
        if Instant::now() >= deadline {
            return None;
        }
        thread::sleep(PAUSE);
    }
}
