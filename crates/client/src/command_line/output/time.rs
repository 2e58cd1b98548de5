//! Times, all of them UTC, and durations for people.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

/// Date and time to the second.
pub(crate) fn date_and_time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The time of day to the millisecond.
pub(crate) fn time_of_day(at: DateTime<Utc>) -> String {
    at.format("%H:%M:%S%.3f").to_string()
}

/// A duration in its two largest units.
pub(crate) fn duration(duration: TimeDelta) -> String {
    let seconds = duration.num_seconds().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    if days > 0 {
        format!("{days} d {} h", hours % 24)
    } else if hours > 0 {
        format!("{hours} h {} min", minutes % 60)
    } else if minutes > 0 {
        format!("{minutes} min {} s", seconds % 60)
    } else {
        let milliseconds = duration.num_milliseconds().max(0);
        format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100)
    }
}
