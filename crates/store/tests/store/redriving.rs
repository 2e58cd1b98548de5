//! Redriven: a failed or cancelled job is run again with an attempt left and its losses forgiven.

use gantry_domain::{JobId, JobState, MAX_LOSSES, NewJob};
use gantry_store::RedriveOutcome;

use crate::fixture::{Fixture, completion, failure, final_failure, first_run, new_job, tenant};

async fn redrive(fixture: &Fixture, job_id: JobId) -> RedriveOutcome {
    let scope = fixture.api.tenant(fixture.tenant_id);
    scope.redrive_job(job_id).await.unwrap()
}

#[tokio::test]
async fn a_failed_job_gets_at_least_one_more_attempt() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let job = NewJob {
        max_attempts: 1,
        ..new_job(fixture.tenant_id)
    };
    let mut run = first_run(fixture.submit(job).await);
    for attempt in 1..=3 {
        let claimed = fixture.claim(worker_id, run).await.unwrap();
        assert_eq!(claimed.attempt, attempt);
        let failed = fixture
            .workers
            .fail(worker_id, &[failure(run)])
            .await
            .unwrap();
        assert_eq!(failed[0].state, JobState::Failed);
        let RedriveOutcome::Queued(doorbell) = redrive(&fixture, run.job_id).await else {
            panic!("a failed job can be redriven");
        };
        assert_eq!(doorbell.job_id, run.job_id);
        assert_eq!(doorbell.dispatch, run.dispatch + 1);
        run.dispatch = doorbell.dispatch;
        let summary = fixture.job(run.job_id).await.summary;
        assert_eq!(
            (summary.state, summary.attempt),
            (JobState::Queued, attempt)
        );
        assert_eq!(summary.max_attempts, attempt + 1);
        assert_eq!((summary.error, summary.finished_at), (None, None));
    }
}

#[tokio::test]
async fn a_cancelled_job_runs_again_and_can_be_cancelled_again() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let job_id = fixture.queued().await.job_id;
    fixture.request_cancel(job_id).await;
    assert!(matches!(
        redrive(&fixture, job_id).await,
        RedriveOutcome::Queued(_)
    ));
    let run = fixture.current_run(job_id).await;
    assert_eq!(fixture.claim(worker_id, run).await.unwrap().attempt, 1);
    assert_eq!(fixture.job(job_id).await.summary.cancel_requested_at, None);
    let failed = fixture
        .workers
        .fail(worker_id, &[failure(run)])
        .await
        .unwrap();
    assert_eq!(
        failed[0].state,
        JobState::Scheduled,
        "the old wish is forgotten"
    );
    fixture.request_cancel(job_id).await;
    assert_eq!(fixture.state(job_id).await, JobState::Cancelled);
}

#[tokio::test]
async fn a_poisonous_job_has_its_losses_forgiven() {
    let fixture = Fixture::new().await;
    let job_id = fixture.queued().await.job_id;
    for _ in 0..MAX_LOSSES {
        let worker_id = fixture.worker().await;
        fixture
            .claim(worker_id, fixture.current_run(job_id).await)
            .await
            .unwrap();
        fixture.end_lease(worker_id).await;
        fixture.workers.rescue_lost(10).await.unwrap();
    }
    assert_eq!(fixture.state(job_id).await, JobState::Failed);
    assert!(matches!(
        redrive(&fixture, job_id).await,
        RedriveOutcome::Queued(_)
    ));
    let summary = fixture.job(job_id).await.summary;
    assert_eq!((summary.losses, summary.attempt), (0, MAX_LOSSES));
    let worker_id = fixture.worker().await;
    fixture
        .claim(worker_id, fixture.current_run(job_id).await)
        .await
        .unwrap();
    fixture.end_lease(worker_id).await;
    assert_eq!(
        fixture.workers.rescue_lost(10).await.unwrap()[0].state,
        JobState::Queued
    );
}

#[tokio::test]
async fn a_job_that_has_not_ended_or_has_succeeded_is_left_alone() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let queued = fixture.queued().await;
    let running = fixture.running(worker_id).await;
    let succeeded = fixture.running(worker_id).await;
    fixture
        .workers
        .complete(worker_id, &[completion(succeeded)])
        .await
        .unwrap();
    for run in [queued, running, succeeded] {
        let row = fixture.row(run.job_id).await;
        assert_eq!(
            redrive(&fixture, run.job_id).await,
            RedriveOutcome::NotRedrivable
        );
        assert_eq!(fixture.row(run.job_id).await, row);
    }
}

#[tokio::test]
async fn another_tenants_job_is_not_found() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    fixture
        .workers
        .fail(worker_id, &[final_failure(run)])
        .await
        .unwrap();
    let outcome = fixture
        .api
        .tenant(tenant("other"))
        .redrive_job(run.job_id)
        .await;
    assert_eq!(outcome.unwrap(), RedriveOutcome::NotFound);
    assert_eq!(fixture.state(run.job_id).await, JobState::Failed);
}

#[tokio::test]
async fn of_two_who_redrive_at_once_one_succeeds() {
    let fixture = Fixture::new().await;
    let job_id = fixture.queued().await.job_id;
    fixture.request_cancel(job_id).await;
    let (one, other) = tokio::join!(redrive(&fixture, job_id), redrive(&fixture, job_id));
    let queued = [one, other]
        .iter()
        .filter(|outcome| matches!(outcome, RedriveOutcome::Queued(_)))
        .count();
    assert_eq!(queued, 1);
    assert_eq!(fixture.current_run(job_id).await.dispatch, 2);
}
