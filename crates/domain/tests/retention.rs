//! Which periods can be kept.

use gantry_domain::{InvalidRetention, RETENTION_LIMIT_DAYS, RetentionPeriods};

#[test]
fn results_and_logs_go_with_their_jobs_at_the_latest() {
    assert!(RetentionPeriods::new(30, 30, 7).is_ok());
    for (results, logs) in [(31, 7), (7, 31)] {
        let refused = RetentionPeriods::new(30, results, logs);
        assert_eq!(refused, Err(InvalidRetention::LongerThanJobs));
    }
}

#[test]
fn a_period_is_at_least_a_day_and_at_most_ten_years() {
    let longest = RETENTION_LIMIT_DAYS;
    assert!(RetentionPeriods::new(longest, longest, 1).is_ok());
    for (jobs, results, logs) in [(longest + 1, 1, 1), (30, 0, 1), (30, 1, 0)] {
        let refused = RetentionPeriods::new(jobs, results, logs);
        assert_eq!(refused, Err(InvalidRetention::OutOfRange));
    }
}

#[test]
fn the_usual_periods_can_be_kept() {
    let usual = RetentionPeriods::default();
    let made = RetentionPeriods::new(usual.jobs_days(), usual.results_days(), usual.logs_days());
    assert_eq!(made, Ok(usual));
}
