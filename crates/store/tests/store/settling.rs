//! Completed, failed, released, snoozed and cancelled: each is written once, by the run it belongs to, or not at all.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use gantry_domain::{JobFailure, JobState, NewJob, WorkerState, retry_budget_is_spent};
use gantry_store::{Failure, Run};

use crate::fixture::{
    Fixture, LEASE, by_someone, childless, completion, failure, final_failure, first_run, new_job,
    yielded,
};

#[tokio::test]
async fn a_completed_job_has_its_result_and_is_done() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    let written = fixture
        .workers
        .complete(worker_id, &[completion(run)])
        .await;
    assert_eq!(written.unwrap(), [childless(run)]);
    let job = fixture.job(run.job_id).await;
    assert_eq!(job.summary.state, JobState::Succeeded);
    assert_eq!(job.result, Some(completion(run).result));
    assert!(job.summary.finished_at >= job.summary.started_at);
}

#[tokio::test]
async fn a_result_may_be_any_json_even_null() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    for result in [
        serde_json::json!(null),
        serde_json::json!([]),
        serde_json::json!("ü"),
    ] {
        let run = fixture.running(worker_id).await;
        let mut completion = completion(run);
        completion.result = result.clone();
        let written = fixture.workers.complete(worker_id, &[completion]).await;
        assert_eq!(written.unwrap(), [childless(run)]);
        let job = fixture.job(run.job_id).await;
        assert_eq!(job.summary.state, JobState::Succeeded);
        assert_eq!(job.result.unwrap_or_default(), result);
    }
}

#[tokio::test]
async fn an_outcome_sent_again_after_a_lost_answer_changes_nothing() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    fixture
        .workers
        .complete(worker_id, &[completion(run)])
        .await
        .unwrap();
    let row = fixture.row(run.job_id).await;
    let again = fixture
        .workers
        .complete(worker_id, &[completion(run)])
        .await;
    assert_eq!(again.unwrap(), []);
    let failed = fixture.workers.fail(worker_id, &[failure(run)]).await;
    assert_eq!(failed.unwrap(), []);
    assert_eq!(fixture.row(run.job_id).await, row);
}

#[tokio::test]
async fn a_failed_job_waits_for_its_retry() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    let failure = Failure {
        retry_after: Some(Duration::from_secs(90)),
        ..failure(run)
    };
    let before = Utc::now();
    let failed = fixture
        .workers
        .fail(worker_id, std::slice::from_ref(&failure))
        .await
        .unwrap();
    assert_eq!((failed[0].run, failed[0].state), (run, JobState::Scheduled));
    let summary = fixture.job(run.job_id).await.summary;
    assert_eq!(summary.state, JobState::Scheduled);
    assert_eq!((summary.run_at, summary.finished_at), (failed[0].at, None));
    assert!(summary.run_at > before + TimeDelta::seconds(60));
    assert_eq!(summary.error, Some(failure.error));
}

#[tokio::test]
async fn a_delay_that_postgres_cannot_hold_is_as_long_as_it_can() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let (failing, snoozing) = (
        fixture.running(worker_id).await,
        fixture.running(worker_id).await,
    );
    let failure = Failure {
        retry_after: Some(Duration::MAX),
        ..failure(failing)
    };
    let failed = fixture.workers.fail(worker_id, &[failure]).await.unwrap();
    assert_eq!(failed[0].state, JobState::Scheduled);
    let snoozed = fixture
        .workers
        .snooze(worker_id, yielded(snoozing, 0), Duration::MAX);
    assert_eq!(snoozed.await.unwrap(), Some(snoozing));
    assert_eq!(fixture.state(snoozing.job_id).await, JobState::Scheduled);
}

#[tokio::test]
async fn a_final_failure_is_not_retried() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    let failed = fixture
        .workers
        .fail(worker_id, &[final_failure(run)])
        .await
        .unwrap();
    assert_eq!(failed[0].state, JobState::Failed);
    let summary = fixture.job(run.job_id).await.summary;
    assert_eq!(
        (summary.state, summary.finished_at),
        (JobState::Failed, Some(failed[0].at))
    );
    assert_eq!(summary.error, Some(JobFailure::new("broken", "it broke")));
}

/// The statement's arithmetic is the domain's.
#[tokio::test]
async fn attempts_are_spent_as_the_domain_counts_them() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    for max_attempts in 1..=3 {
        for attempt in 1..=4 {
            for losses in 0..=2.min(attempt - 1) {
                let job = NewJob {
                    max_attempts,
                    ..new_job(fixture.tenant_id)
                };
                let run = first_run(fixture.submit(job).await);
                fixture.claim(worker_id, run).await.unwrap();
                let sql = format!(
                    "UPDATE jobs SET attempt = {attempt}, losses = {losses} WHERE id = '{}'",
                    run.job_id
                );
                fixture.database.execute(&sql).await;
                let failed = fixture
                    .workers
                    .fail(worker_id, &[failure(run)])
                    .await
                    .unwrap();
                let expected = if retry_budget_is_spent(attempt, losses, max_attempts) {
                    JobState::Failed
                } else {
                    JobState::Scheduled
                };
                assert_eq!(
                    failed[0].state, expected,
                    "{attempt} {losses} {max_attempts}"
                );
            }
        }
    }
}

#[tokio::test]
async fn outcomes_of_one_batch_are_judged_one_by_one() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let mut failures = Vec::new();
    for number in 0..6 {
        let run = fixture.running(worker_id).await;
        failures.push(if number % 2 == 0 {
            failure(run)
        } else {
            final_failure(run)
        });
    }
    let stale = fixture.running(worker_id).await;
    fixture
        .workers
        .complete(worker_id, &[completion(stale)])
        .await
        .unwrap();
    failures.push(failure(stale));
    let failed = fixture.workers.fail(worker_id, &failures).await.unwrap();
    assert_eq!(failed.len(), 6);
    for failed in failed {
        let asked = failures
            .iter()
            .find(|failure| failure.run == failed.run)
            .unwrap();
        assert_eq!(
            failed.state == JobState::Scheduled,
            asked.retry_after.is_some()
        );
    }
}

#[tokio::test]
async fn a_released_job_waits_again_and_no_attempt_is_spent() {
    let fixture = Fixture::new().await;
    let (worker_id, other) = (fixture.worker().await, fixture.worker().await);
    let run = fixture.running(worker_id).await;
    let doorbells = fixture
        .workers
        .release(worker_id, &[yielded(run, 5)])
        .await
        .unwrap();
    assert_eq!(
        (doorbells[0].job_id, doorbells[0].dispatch),
        (run.job_id, 2)
    );
    let summary = fixture.job(run.job_id).await.summary;
    assert_eq!(
        (summary.state, summary.attempt, summary.losses),
        (JobState::Queued, 0, 0)
    );
    let again = Run { dispatch: 2, ..run };
    let claimed = fixture.claim(other, again).await.unwrap();
    assert_eq!((claimed.attempt, claimed.last_log_seq), (1, 5));
}

#[tokio::test]
async fn a_snoozed_job_comes_back_later_and_no_attempt_is_spent() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    let delay = Duration::from_secs(300);
    let snoozed = fixture
        .workers
        .snooze(worker_id, yielded(run, 9), delay)
        .await;
    assert_eq!(snoozed.unwrap(), Some(run));
    let summary = fixture.job(run.job_id).await.summary;
    assert_eq!((summary.state, summary.attempt), (JobState::Scheduled, 0));
    assert!(summary.run_at > Utc::now() + TimeDelta::seconds(200));
    fixture.let_time_pass().await;
    fixture.workers.enqueue_due(1).await.unwrap();
    let claimed = fixture
        .claim(worker_id, fixture.current_run(run.job_id).await)
        .await
        .unwrap();
    assert_eq!((claimed.attempt, claimed.last_log_seq), (1, 9));
}

#[tokio::test]
async fn a_run_is_marked_cancelled_only_if_someone_asked_for_its_end() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    let (runs, error) = ([run], by_someone());
    let mark = || fixture.workers.mark_cancelled(worker_id, &runs, &error);
    assert_eq!(mark().await.unwrap(), []);
    assert_eq!(fixture.state(run.job_id).await, JobState::Running);
    fixture.request_cancel(run.job_id).await;
    assert_eq!(mark().await.unwrap(), [childless(run)]);
    assert_eq!(fixture.state(run.job_id).await, JobState::Cancelled);
}

#[tokio::test]
async fn a_run_that_ends_otherwise_after_the_wish_leaves_its_job_cancelled_and_says_why() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let mut runs = Vec::new();
    for _ in 0..3 {
        let run = fixture.running(worker_id).await;
        fixture.request_cancel(run.job_id).await;
        runs.push(run);
    }
    let failed = fixture
        .workers
        .fail(worker_id, &[failure(runs[0])])
        .await
        .unwrap();
    assert_eq!(failed[0].state, JobState::Cancelled);
    let doorbells = fixture
        .workers
        .release(worker_id, &[yielded(runs[1], 0)])
        .await;
    assert_eq!(doorbells.unwrap(), []);
    let snoozed = fixture
        .workers
        .snooze(worker_id, yielded(runs[2], 0), Duration::ZERO)
        .await;
    assert_eq!(snoozed.unwrap(), Some(runs[2]));
    for run in runs {
        let summary = fixture.job(run.job_id).await.summary;
        assert_eq!(summary.state, JobState::Cancelled);
        assert!(summary.finished_at.is_some());
        assert!(summary.error.is_some());
    }
}

#[tokio::test]
async fn a_worker_that_drains_still_settles_what_it_runs() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    let renewal = fixture
        .workers
        .renew_lease(worker_id, WorkerState::Draining, LEASE);
    renewal.await.unwrap();
    let written = fixture
        .workers
        .complete(worker_id, &[completion(run)])
        .await;
    assert_eq!(written.unwrap(), [childless(run)]);
}
