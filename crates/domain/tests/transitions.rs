//! The state machine: what the table allows, and what no path may do.

use std::collections::BTreeSet;
use std::time::Duration;

use gantry_domain::{
    Cause, JobState, RetryPolicy, TRANSITIONS, retry_budget_is_spent, retry_delay,
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
