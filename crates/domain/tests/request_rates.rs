//! How a rate of requests is used up and comes back.

use std::time::Duration;

use gantry_domain::{REQUEST_RATE_LIMIT_PER_HOUR, RequestBudget, RequestRate};
use proptest::prelude::*;

const HOUR_MICROSECONDS: u64 = 3_600_000_000;
/// Some moment, in microseconds.
const NOON: u64 = 1_800_000_000_000_000;

fn rate(per_hour: u32) -> RequestRate {
    RequestRate::per_hour(per_hour).expect("the rate is within the limits")
}

/// Asks for one request at a moment; the moment at which all has come back is kept where it was let through.
fn ask(rate: RequestRate, now: u64, whole_at: &mut u64) -> bool {
    let mut budget = [RequestBudget::at(rate, now, *whole_at)];
    let is_let_through = RequestBudget::take_one(&mut budget);
    if is_let_through {
        *whole_at = now + u64::try_from(budget[0].whole_after().as_micros()).unwrap_or(u64::MAX);
    }
    is_let_through
}

#[test]
fn all_requests_of_an_hour_may_come_at_once_and_come_back_evenly() {
    let rate = rate(100);
    let mut whole_at = 0;
    for left in (0..100).rev() {
        assert!(ask(rate, NOON, &mut whole_at));
        assert_eq!(RequestBudget::at(rate, NOON, whole_at).remaining(), left);
    }
    assert!(!ask(rate, NOON, &mut whole_at));
    let spent = RequestBudget::at(rate, NOON, whole_at);
    assert_eq!(spent.room_after(), Duration::from_secs(36));
    assert_eq!(spent.whole_after(), Duration::from_secs(3_600));
    assert!(!ask(rate, NOON + 35_999_999, &mut whole_at));
    assert!(ask(rate, NOON + 36_000_000, &mut whole_at));
    assert!(!ask(rate, NOON + 36_000_000, &mut whole_at));
}

#[test]
fn a_request_that_one_budget_refuses_counts_in_none() {
    let mut budgets = [
        RequestBudget::at(rate(5), NOON, NOON),
        RequestBudget::at(rate(1), NOON, NOON),
    ];
    assert!(RequestBudget::take_one(&mut budgets));
    let before = budgets;
    assert!(!RequestBudget::take_one(&mut budgets));
    assert_eq!(budgets, before);
    assert_eq!(budgets.map(|budget| budget.remaining()), [4, 0]);
}

#[test]
fn a_clock_that_was_set_back_costs_an_hour_at_most() {
    let spent = RequestBudget::at(rate(100), NOON, NOON + 48 * HOUR_MICROSECONDS);
    assert_eq!(spent.whole_after(), Duration::from_secs(3_600));
}

#[test]
fn a_rate_of_nothing_or_of_too_many_is_none() {
    assert_eq!(RequestRate::per_hour(0), None);
    assert_eq!(RequestRate::per_hour(REQUEST_RATE_LIMIT_PER_HOUR + 1), None);
}

proptest! {
    #[test]
    fn no_more_are_let_through_than_an_hour_holds_and_time_gives_back(
        per_hour in 1_u32..2_000,
        pauses in prop::collection::vec(0_u64..HOUR_MICROSECONDS / 50, 1..400),
    ) {
        let rate = rate(per_hour);
        let (mut now, mut whole_at, mut let_through) = (NOON, 0, 0_u64);
        for pause in pauses {
            now += pause;
            let_through += u64::from(ask(rate, now, &mut whole_at));
        }
        let given_back = (now - NOON) / rate.interval_microseconds();
        prop_assert!(let_through <= u64::from(per_hour) + given_back);
    }

    #[test]
    fn there_is_room_exactly_when_some_remain_and_after_the_time_that_was_told(
        per_hour in 1..=REQUEST_RATE_LIMIT_PER_HOUR,
        backlog in 0..=2 * HOUR_MICROSECONDS,
    ) {
        let rate = rate(per_hour);
        let budget = RequestBudget::at(rate, NOON, NOON + backlog);
        prop_assert_eq!(budget.has_room(), budget.remaining() > 0);
        prop_assert_eq!(budget.has_room(), budget.room_after().is_zero());
        let wait = u64::try_from(budget.room_after().as_micros()).unwrap_or(u64::MAX);
        let whole_at = NOON + u64::try_from(budget.whole_after().as_micros()).unwrap_or(u64::MAX);
        prop_assert!(RequestBudget::at(rate, NOON + wait, whole_at).has_room());
    }
}
