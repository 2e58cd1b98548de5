//! How long things are kept unless a tenant has periods of its own.

use crate::development::{worker, worker_refusal};

#[test]
fn jobs_and_results_are_kept_for_ninety_days_and_logs_for_thirty() {
    let retention = worker(&[], &[]).expect("the minimum is enough").retention;
    let periods = (
        retention.jobs_days,
        retention.results_days(),
        retention.logs_days(),
    );
    assert_eq!(periods, (90, 90, 30));
}

#[test]
fn results_and_logs_follow_a_shorter_period_of_their_jobs() {
    let shorter = worker(&[], &[("GANTRY_RETENTION_JOBS_DAYS", "7")]);
    let retention = shorter.expect("a week is a period").retention;
    assert_eq!((retention.results_days(), retention.logs_days()), (7, 7));
}

#[test]
fn nothing_of_a_job_is_kept_longer_than_the_job() {
    let contradiction = [
        ("GANTRY_RETENTION_JOBS_DAYS", "7"),
        ("GANTRY_RETENTION_LOGS_DAYS", "8"),
    ];
    assert_eq!(
        worker_refusal(&[], &contradiction),
        "GANTRY_RETENTION_LOGS_DAYS contradicts GANTRY_RETENTION_JOBS_DAYS: what belongs to a job goes with it, so nothing of it can be kept longer"
    );
    assert_eq!(
        worker_refusal(&[], &[("GANTRY_RETENTION_RESULTS_DAYS", "0")]),
        "GANTRY_RETENTION_RESULTS_DAYS must be a whole number from 1 to 3650"
    );
}
