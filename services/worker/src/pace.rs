//! The pace of a busy worker: a few large steps cost less than many small ones.

use std::time::Duration;

use tokio::time::sleep;

/// A step of so many jobs tells of a busy time.
const BUSY_FROM_JOBS: usize = 16;
/// A step of so many jobs is large enough.
const ENOUGH_JOBS: usize = 128;
/// How long a busy worker lets the next step grow.
const PAUSE: Duration = Duration::from_millis(3);

/// Waits a moment after a step of `jobs` where the next one is likely to find more then. With little to do nothing waits.
pub(crate) async fn let_the_next_step_grow(jobs: usize) {
    if (BUSY_FROM_JOBS..ENOUGH_JOBS).contains(&jobs) {
        sleep(PAUSE).await;
    }
}
