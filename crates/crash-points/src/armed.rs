//! The point at which this process is to die, if a test has named one.

use std::env;
use std::process::abort;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::CrashPoint;

const VARIABLE: &str = "GANTRY_CRASH_AT";

static ARMED: OnceLock<Option<Armed>> = OnceLock::new();

/// A point, and how often it is still to be reached.
struct Armed {
    point: CrashPoint,
    left: AtomicU32,
}

pub(crate) fn reach(point: CrashPoint) {
    let Some(armed) = ARMED.get_or_init(armed) else {
        return;
    };
    if armed.point == point && armed.left.fetch_sub(1, Ordering::Relaxed) == 1 {
        eprintln!("{VARIABLE}: the process ends at {}", point.name());
        abort();
    }
}

/// A wish that cannot be understood ends the process too, so that no test passes for want of a crash.
fn armed() -> Option<Armed> {
    let wish = env::var(VARIABLE).ok().filter(|wish| !wish.is_empty())?;
    let (name, count) = wish.split_once(':').unwrap_or((&wish, "1"));
    let point = CrashPoint::ALL.iter().find(|point| point.name() == name);
    let (Some(point), Ok(count @ 1..)) = (point, count.parse()) else {
        eprintln!(
            "{VARIABLE} must be the name of a crash point, with :1 or a higher count after it"
        );
        abort();
    };
    Some(Armed {
        point: *point,
        left: AtomicU32::new(count),
    })
}
