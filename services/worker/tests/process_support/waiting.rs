//! Waits for what other processes do.

use std::future::ready;
use std::time::Duration;

/// Long beyond anything that these tests wait for; only a failing test waits so long.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// Looks again and again until there is something to see.
pub async fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    gantry_testkit::eventually(DEADLINE, || ready(look().ok_or(what))).await
}
