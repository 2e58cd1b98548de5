//! A clock that stands still until a test moves it.

use std::sync::Mutex;
use std::time::Duration;

use chrono::{DateTime, Utc};
use gantry_auth::Clock;

pub struct ManualClock {
    started_at: DateTime<Utc>,
    elapsed: Mutex<Duration>,
}

impl Default for ManualClock {
    fn default() -> Self {
        let started_at = DateTime::from_timestamp(1_800_000_000, 0).expect("within the calendar");
        Self {
            started_at,
            elapsed: Mutex::default(),
        }
    }
}

impl ManualClock {
    pub fn advance(&self, by: Duration) {
        *self.elapsed.lock().unwrap() += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        self.started_at + *self.elapsed.lock().unwrap()
    }

    fn uptime(&self) -> Duration {
        *self.elapsed.lock().unwrap()
    }
}
