//! A job's attempts, whatever its history: each that counted is listed once, with how it ended.

use std::time::Duration;

use gantry_domain::{Attempt, AttemptOutcome, JobId, MAX_LOSSES, WorkerId};

use crate::fixture::{Fixture, by_someone, completion, failure, final_failure, tenant, yielded};

use AttemptOutcome::{Cancelled, Failed, Lost, Running, Succeeded};

async fn attempts(fixture: &Fixture, job_id: JobId) -> Vec<Attempt> {
    let scope = fixture.api.tenant(fixture.tenant_id);
    scope.list_attempts(job_id).await.unwrap().unwrap()
}

/// Checks the numbers and outcomes, and that each tells its worker and when it began and ended.
async fn assert_attempts(fixture: &Fixture, job_id: JobId, expected: &[(u32, AttemptOutcome)]) {
    let attempts = attempts(fixture, job_id).await;
    let outcomes: Vec<_> = attempts
        .iter()
        .map(|attempt| (attempt.attempt, attempt.outcome))
        .collect();
    assert_eq!(outcomes, expected);
    for attempt in attempts {
        assert!(attempt.worker.is_some(), "{attempt:?}");
        assert_eq!(attempt.finished_at.is_none(), attempt.outcome == Running);
        let ended_well = matches!(attempt.outcome, Running | Succeeded);
        assert_eq!(attempt.error.is_none(), ended_well, "{attempt:?}");
        assert!(
            attempt
                .finished_at
                .is_none_or(|at| at >= attempt.started_at)
        );
    }
}

async fn claim_next(fixture: &Fixture, worker_id: WorkerId, job_id: JobId) -> gantry_store::Run {
    fixture.let_time_pass().await;
    fixture.workers.enqueue_due(10).await.unwrap();
    let run = fixture.current_run(job_id).await;
    fixture.claim(worker_id, run).await.unwrap().run
}

async fn redrive(fixture: &Fixture, job_id: JobId) {
    let scope = fixture.api.tenant(fixture.tenant_id);
    scope.redrive_job(job_id).await.unwrap();
}

#[tokio::test]
async fn a_job_that_waits_for_its_first_run_has_none_and_a_missing_one_is_missing() {
    let fixture = Fixture::new().await;
    let job_id = fixture.queued().await.job_id;
    assert_eq!(attempts(&fixture, job_id).await, []);
    let scope = fixture.api.tenant(fixture.tenant_id);
    assert_eq!(scope.list_attempts(JobId::generate()).await.unwrap(), None);
    let other = fixture.api.tenant(tenant("other"));
    assert_eq!(other.list_attempts(job_id).await.unwrap(), None);
}

#[tokio::test]
async fn failures_and_the_success_after_them_are_listed_in_order() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    let job_id = run.job_id;
    assert_attempts(&fixture, job_id, &[(1, Running)]).await;
    fixture
        .workers
        .fail(worker_id, &[failure(run)])
        .await
        .unwrap();
    assert_attempts(&fixture, job_id, &[(1, Failed)]).await;
    let run = claim_next(&fixture, worker_id, job_id).await;
    assert_attempts(&fixture, job_id, &[(1, Failed), (2, Running)]).await;
    fixture
        .workers
        .complete(worker_id, &[completion(run)])
        .await
        .unwrap();
    assert_attempts(&fixture, job_id, &[(1, Failed), (2, Succeeded)]).await;
}

#[tokio::test]
async fn losses_are_listed_up_to_the_one_that_parked_the_job() {
    let fixture = Fixture::new().await;
    let job_id = fixture.queued().await.job_id;
    let mut expected = Vec::new();
    for attempt in 1..=MAX_LOSSES {
        let worker_id = fixture.worker().await;
        claim_next(&fixture, worker_id, job_id).await;
        fixture.end_lease(worker_id).await;
        fixture.workers.rescue_lost(10).await.unwrap();
        expected.push((attempt, Lost));
        assert_attempts(&fixture, job_id, &expected).await;
    }
}

#[tokio::test]
async fn a_run_that_was_given_back_is_not_listed() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    let job_id = run.job_id;
    fixture
        .workers
        .release(worker_id, &[yielded(run, 0)])
        .await
        .unwrap();
    assert_attempts(&fixture, job_id, &[]).await;
    let run = claim_next(&fixture, worker_id, job_id).await;
    fixture
        .workers
        .fail(worker_id, &[failure(run)])
        .await
        .unwrap();
    let run = claim_next(&fixture, worker_id, job_id).await;
    fixture
        .workers
        .snooze(worker_id, yielded(run, 0), Duration::ZERO)
        .await
        .unwrap();
    assert_attempts(&fixture, job_id, &[(1, Failed)]).await;
    fixture.request_cancel(job_id).await;
    assert_attempts(&fixture, job_id, &[(1, Failed)]).await;
}

#[tokio::test]
async fn a_run_that_was_cancelled_is_listed_as_such() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    fixture.request_cancel(run.job_id).await;
    assert_attempts(&fixture, run.job_id, &[(1, Running)]).await;
    fixture
        .workers
        .mark_cancelled(worker_id, &[run], &by_someone())
        .await
        .unwrap();
    assert_attempts(&fixture, run.job_id, &[(1, Cancelled)]).await;
}

#[tokio::test]
async fn a_redriven_job_keeps_what_came_before() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    let job_id = run.job_id;
    fixture
        .workers
        .fail(worker_id, &[final_failure(run)])
        .await
        .unwrap();
    assert_attempts(&fixture, job_id, &[(1, Failed)]).await;
    redrive(&fixture, job_id).await;
    assert_attempts(&fixture, job_id, &[(1, Failed)]).await;
    let run = claim_next(&fixture, worker_id, job_id).await;
    fixture.request_cancel(job_id).await;
    fixture
        .workers
        .mark_cancelled(worker_id, &[run], &by_someone())
        .await
        .unwrap();
    redrive(&fixture, job_id).await;
    fixture.request_cancel(job_id).await;
    redrive(&fixture, job_id).await;
    let run = claim_next(&fixture, worker_id, job_id).await;
    fixture
        .workers
        .complete(worker_id, &[completion(run)])
        .await
        .unwrap();
    assert_attempts(
        &fixture,
        job_id,
        &[(1, Failed), (2, Cancelled), (3, Succeeded)],
    )
    .await;
}
