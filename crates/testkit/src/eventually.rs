//! Waiting for a condition instead of sleeping and hoping.

use std::fmt::Debug;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

/// How long to leave a condition alone after the first look, and between two looks at most: it doubles, so that a long
/// wait does not keep the machine busy with looking.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(80);

/// Looks until `probe` answers `Ok` and returns its value. An `Err` says what was seen instead and leads to another
/// look.
///
/// # Panics
/// When `limit` has passed first, with what was seen last.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use std::time::Duration;
/// use gantry_testkit::eventually;
///
/// let mut looks = 0;
/// let seen = eventually(Duration::from_secs(10), || {
///     looks += 1;
///     let looks = looks;
///     async move { if looks == 3 { Ok("done") } else { Err(format!("only {looks} looks")) } }
/// })
/// .await;
/// assert_eq!(seen, "done");
/// # });
/// ```
pub async fn eventually<Value, Seen, Probe, Look>(limit: Duration, mut probe: Probe) -> Value
where
    Probe: FnMut() -> Look,
    Look: Future<Output = Result<Value, Seen>>,
    Seen: Debug,
{
    let deadline = Instant::now() + limit;
    let mut last_seen = None;
    let mut pause = FIRST_PAUSE;
    loop {
        match timeout_at(deadline, probe()).await {
            Ok(Ok(value)) => return value,
            Ok(Err(seen)) => last_seen = Some(seen),
            Err(_) => {
                panic!("a look was not over after {limit:?}; the one before it saw: {last_seen:?}")
            }
        }
        assert!(
            Instant::now() < deadline,
            "not within {limit:?}; last seen: {last_seen:?}"
        );
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
