//! Cancelled by a person: a waiting job ends at once, a running one is told, and one terminal state wins.

use gantry_domain::{JobId, JobState, NewJob};
use gantry_store::{CancelOutcome, CancelRequest, LeaseRenewal};

use crate::fixture::{
    Fixture, LEASE, by_someone, childless, completion, final_failure, new_job, tenant, yielded,
};

async fn cancel(fixture: &Fixture, job_id: JobId) -> CancelOutcome {
    let scope = fixture.api.tenant(fixture.tenant_id);
    scope.cancel_job(job_id, &by_someone()).await.unwrap()
}

#[tokio::test]
async fn a_waiting_job_ends_at_once_and_says_why() {
    let fixture = Fixture::new().await;
    let queued = fixture.queued().await.job_id;
    let later = NewJob {
        run_at: Some(chrono::Utc::now() + chrono::TimeDelta::hours(1)),
        ..new_job(fixture.tenant_id)
    };
    let scheduled = fixture.submit(later).await;
    for job_id in [queued, scheduled] {
        assert_eq!(cancel(&fixture, job_id).await, CancelOutcome::Cancelled);
        let summary = fixture.job(job_id).await.summary;
        assert_eq!(summary.state, JobState::Cancelled);
        assert_eq!(summary.error, Some(by_someone()));
        assert!(summary.finished_at.is_some());
        assert_eq!(cancel(&fixture, job_id).await, CancelOutcome::AlreadyEnded);
    }
}

#[tokio::test]
async fn a_cancelled_job_is_not_claimed_any_more() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.queued().await;
    cancel(&fixture, run.job_id).await;
    assert_eq!(fixture.claim(worker_id, run).await, None);
    fixture.let_time_pass().await;
    assert_eq!(fixture.workers.enqueue_due(10).await.unwrap(), []);
}

#[tokio::test]
async fn the_worker_of_a_running_job_is_named_and_told_with_its_heartbeat() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    fixture.running(worker_id).await;
    let requested = CancelOutcome::Requested {
        worker_id,
        dispatch: run.dispatch,
    };
    assert_eq!(cancel(&fixture, run.job_id).await, requested);
    let first = fixture.job(run.job_id).await.summary;
    assert_eq!((first.state, first.finished_at), (JobState::Running, None));
    assert_eq!(cancel(&fixture, run.job_id).await, requested);
    let second = fixture.job(run.job_id).await.summary;
    assert_eq!(second.cancel_requested_at, first.cancel_requested_at);
    let renewal = fixture
        .workers
        .renew_lease(worker_id, gantry_domain::WorkerState::Active, LEASE);
    let request = CancelRequest {
        job_id: run.job_id,
        dispatch: run.dispatch,
    };
    assert_eq!(renewal.await.unwrap(), LeaseRenewal::Renewed(vec![request]));
}

#[tokio::test]
async fn a_completion_before_the_wish_wins() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    fixture
        .workers
        .complete(worker_id, &[completion(run)])
        .await
        .unwrap();
    let row = fixture.row(run.job_id).await;
    assert_eq!(
        cancel(&fixture, run.job_id).await,
        CancelOutcome::AlreadyEnded
    );
    assert_eq!(fixture.row(run.job_id).await, row);
}

#[tokio::test]
async fn a_completion_after_the_wish_is_still_a_success() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    cancel(&fixture, run.job_id).await;
    let written = fixture
        .workers
        .complete(worker_id, &[completion(run)])
        .await;
    assert_eq!(written.unwrap(), [childless(run)]);
    let marked = fixture
        .workers
        .mark_cancelled(worker_id, &[run], &by_someone())
        .await;
    assert_eq!(marked.unwrap(), []);
    assert_eq!(fixture.state(run.job_id).await, JobState::Succeeded);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_all_that_end_a_run_at_once_one_wins() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    for _ in 0..25 {
        let run = fixture.running(worker_id).await;
        let store = &fixture.workers;
        let (wish, completed, failed, released) = tokio::join!(
            cancel(&fixture, run.job_id),
            async {
                store
                    .complete(worker_id, &[completion(run)])
                    .await
                    .unwrap()
                    .len()
            },
            async {
                store
                    .fail(worker_id, &[final_failure(run)])
                    .await
                    .unwrap()
                    .len()
            },
            async {
                store
                    .release(worker_id, &[yielded(run, 0)])
                    .await
                    .unwrap()
                    .len()
            },
        );
        let summary = fixture.job(run.job_id).await.summary;
        let is_cancelled = summary.state == JobState::Cancelled;
        assert!(completed + failed + released <= 1, "{wish:?} {summary:?}");
        assert!(
            completed + failed + released == 1 || is_cancelled,
            "{summary:?}"
        );
        assert_eq!(completed == 1, summary.state == JobState::Succeeded);
    }
}

#[tokio::test]
async fn another_tenants_job_and_none_at_all_are_both_not_found() {
    let fixture = Fixture::new().await;
    let job_id = fixture.queued().await.job_id;
    let scope = fixture.api.tenant(tenant("other"));
    let outcome = scope.cancel_job(job_id, &by_someone()).await.unwrap();
    assert_eq!(outcome, CancelOutcome::NotFound);
    assert_eq!(
        cancel(&fixture, JobId::generate()).await,
        CancelOutcome::NotFound
    );
    assert_eq!(fixture.state(job_id).await, JobState::Queued);
}
