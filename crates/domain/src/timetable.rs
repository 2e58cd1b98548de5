//! When a schedule is due: a cron expression read on the clocks of a time zone, through every change of the clocks.

use chrono::{DateTime, MappedLocalTime, NaiveDateTime, TimeDelta, TimeZone as _, Utc};
use serde::{Deserialize, Serialize};

use crate::{Cron, TimeZone};

/// When a schedule is due: a cron expression read on the clocks of a time zone.
///
/// A local time that does not exist, because the clocks went forward, is due once at the first moment after the gap. One
/// that exists twice, because they went back, is due once, the first time. Only where every hour is named do ticks follow
/// the time that passes: then none is made up for a gap, and both of two equal local times are due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Timetable {
    /// The local times.
    pub cron: Cron,
    /// Whose clocks they are read on.
    pub time_zone: TimeZone,
}

/// The longest gap there ever was, the day that Samoa left out, in minutes.
const LONGEST_GAP_MINUTES: i64 = 24 * 60;

impl Timetable {
    /// The first tick later than `after`; none when the calendar ends before.
    pub fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let clock = after.with_timezone(&self.time_zone.rules());
        if self.cron.is_due_every_hour() {
            return self
                .cron
                .first_shown_after(&clock)
                .map(|tick| tick.to_utc());
        }
        let mut local = self.cron.first_local_at(clock.naive_local())?;
        loop {
            let tick = self.moment_of(local)?;
            if tick > after {
                return Some(tick);
            }
            // A local time that comes again, or one that was moved out of a gap.
            local = self.cron.first_local_after(local)?;
        }
    }

    /// The first ticks later than `after`.
    pub fn ticks_after(&self, after: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
        std::iter::successors(self.next_after(after), |tick| self.next_after(*tick))
    }

    /// When clocks show a local time first, or go past it.
    fn moment_of(&self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        let zone = self.time_zone.rules();
        (0..=LONGEST_GAP_MINUTES).find_map(|minutes| {
            let shown = local.checked_add_signed(TimeDelta::minutes(minutes))?;
            match zone.from_local_datetime(&shown) {
                MappedLocalTime::Single(moment) | MappedLocalTime::Ambiguous(moment, _) => {
                    Some(moment.to_utc())
                }
                MappedLocalTime::None => None,
            }
        })
    }
}
