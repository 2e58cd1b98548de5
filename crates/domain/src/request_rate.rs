//! How many requests an hour are let through: the generic cell rate algorithm, without a clock.

use std::time::Duration;

use crate::word::word_enum;

/// The highest rate, in requests per hour.
pub const REQUEST_RATE_LIMIT_PER_HOUR: u32 = 10_000_000;

const HOUR_MICROSECONDS: u64 = 3_600_000_000;

word_enum! {
    /// What a tenant has agreed upon with the operator; each tier has a rate of requests.
    Tier, "tier" {
        /// The tier of every tenant nobody gave another.
        Free = "free",
        /// More than that.
        Pro = "pro",
        /// The most.
        Enterprise = "enterprise",
    }
}

/// A number of requests per hour, from 1 to [`REQUEST_RATE_LIMIT_PER_HOUR`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestRate(u32);

/// What was agreed upon with a tenant: the rate of its tier, or one of its own in place of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgreedRate {
    /// The tier.
    pub tier: Tier,
    /// The rate that holds in place of the tier's.
    pub own_rate: Option<RequestRate>,
}

impl Default for AgreedRate {
    /// What holds for a tenant nobody has agreed upon anything with.
    fn default() -> Self {
        Self {
            tier: Tier::Free,
            own_rate: None,
        }
    }
}

/// How much of a rate is used up at some moment. All requests of an hour may come at once; what was used comes back
/// evenly.
///
/// The state is one point in time, that at which everything will have come back. What lies between now and then is the
/// backlog: each request adds the interval of the rate to it, and it may not grow beyond the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestBudget {
    rate: RequestRate,
    backlog_microseconds: u64,
}

impl RequestRate {
    /// A rate, if it is one that can be held.
    pub const fn per_hour(requests: u32) -> Option<Self> {
        if requests >= 1 && requests <= REQUEST_RATE_LIMIT_PER_HOUR {
            Some(Self(requests))
        } else {
            None
        }
    }

    /// How many requests an hour.
    pub const fn requests_per_hour(self) -> u32 {
        self.0
    }

    /// How far requests are apart that come evenly; rounded up, so that there are never more.
    pub const fn interval_microseconds(self) -> u64 {
        HOUR_MICROSECONDS.div_ceil(self.0 as u64)
    }

    /// How long it takes until all that was used has come back: an hour, and what the intervals were rounded up by.
    pub const fn window_microseconds(self) -> u64 {
        self.interval_microseconds() * self.0 as u64
    }
}

impl RequestBudget {
    /// The budget at a moment, when all will have come back at another; both in microseconds of the same clock.
    ///
    /// A moment further away than the window was written by a clock that was set back since: it counts as all used up and no
    /// more.
    pub fn at(rate: RequestRate, now_microseconds: u64, whole_at_microseconds: u64) -> Self {
        let backlog_microseconds = whole_at_microseconds.saturating_sub(now_microseconds);
        Self {
            rate,
            backlog_microseconds: backlog_microseconds.min(rate.window_microseconds()),
        }
    }

    /// Counts one request in every budget if all of them have room, and in none otherwise; says whether it was counted.
    pub fn take_one(budgets: &mut [Self]) -> bool {
        let has_room = budgets.iter().all(Self::has_room);
        if has_room {
            for budget in budgets {
                budget.backlog_microseconds += budget.rate.interval_microseconds();
            }
        }
        has_room
    }

    /// Whether a request may be let through.
    pub const fn has_room(&self) -> bool {
        self.backlog_microseconds + self.rate.interval_microseconds()
            <= self.rate.window_microseconds()
    }

    /// The rate.
    pub const fn rate(&self) -> RequestRate {
        self.rate
    }

    /// How many requests may still come at once.
    pub fn remaining(&self) -> u32 {
        let free = self
            .rate
            .window_microseconds()
            .saturating_sub(self.backlog_microseconds);
        u32::try_from(free / self.rate.interval_microseconds()).unwrap_or(u32::MAX)
    }

    /// How long until all that was used has come back.
    pub const fn whole_after(&self) -> Duration {
        Duration::from_micros(self.backlog_microseconds)
    }

    /// How long until a request may be let through; nothing where there is room.
    pub const fn room_after(&self) -> Duration {
        let needed = self.backlog_microseconds + self.rate.interval_microseconds();
        Duration::from_micros(needed.saturating_sub(self.rate.window_microseconds()))
    }
}
