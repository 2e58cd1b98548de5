//! The state machine: what the table allows, and what no path may do.

use std::collections::BTreeSet;
use std::time::Duration;

use gantry_domain::{
    Cause, JobState, RetryDelays, RetryPolicy, TRANSITIONS, retry_budget_is_spent, retry_delay,
    soft_deadline,
};
use proptest::prelude::*;

#[test]
fn every_cause_has_one_row() {
    let causes: BTreeSet<_> = TRANSITIONS.iter().map(|row| row.cause).collect();
    assert_eq!(causes.len(), TRANSITIONS.len());
    assert_eq!(causes.len(), Cause::ALL.len());
}

#[test]
fn only_a_redrive_leaves_a_terminal_state_and_never_a_success() {
    for row in TRANSITIONS {
        for from in row.from.iter().filter(|state| state.is_terminal()) {
            assert_eq!(row.cause, Cause::Redriven);
            assert_ne!(*from, JobState::Succeeded);
        }
    }
}

#[test]
fn only_a_claim_starts_a_run() {
    for row in TRANSITIONS {
        assert_eq!(
            row.to.contains(&JobState::Running),
            row.cause == Cause::Claimed
        );
    }
}

#[test]
fn every_state_can_be_reached_and_every_unfinished_one_left() {
    for state in JobState::ALL {
        assert!(
            TRANSITIONS.iter().any(|row| row.to.contains(state)),
            "{state}"
        );
        if !state.is_terminal() {
            assert!(
                TRANSITIONS.iter().any(|row| row.from.contains(state)),
                "{state}"
            );
        }
    }
}

#[test]
fn losses_do_not_spend_the_retry_budget() {
    assert!(!retry_budget_is_spent(3, 0, 4));
    assert!(retry_budget_is_spent(4, 0, 4));
    assert!(!retry_budget_is_spent(4, 1, 4));
}

proptest! {
    #[test]
    fn a_retry_delay_doubles_within_its_bounds(failures in 1..200u32, jitter in 0.0..1.0f64) {
        let policy = RetryPolicy::default();
        let delay = retry_delay(&policy, failures, jitter);
        prop_assert!(delay >= Duration::from_secs(24));
        prop_assert!(delay <= Duration::from_secs(600));
        prop_assert!(retry_delay(&policy, failures + 1, jitter) >= delay);
    }
}

#[test]
fn a_job_s_own_delays_replace_those_of_its_kind_and_keep_its_attempts() {
    let own = RetryDelays {
        base_seconds: 5,
        max_seconds: 7,
    };
    let policy = RetryPolicy::default().with_delays(Some(own));
    assert_eq!(policy.max_attempts, RetryPolicy::default().max_attempts);
    assert_eq!(retry_delay(&policy, 1, 0.0), Duration::from_secs(5));
    assert_eq!(retry_delay(&policy, 2, 0.0), Duration::from_secs(7));
    assert_eq!(
        RetryPolicy::default().with_delays(None),
        RetryPolicy::default()
    );
}

#[test]
fn the_soft_deadline_is_four_minutes_or_a_fifth_before_the_hard_one() {
    for (timeout_seconds, told_after_seconds) in [(3_600, 3_360), (1_200, 960), (60, 48), (5, 4)] {
        assert_eq!(
            soft_deadline(timeout_seconds),
            Duration::from_secs(told_after_seconds)
        );
    }
}
