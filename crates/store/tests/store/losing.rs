//! Lost: when a worker's lease ends its jobs are taken back, once, and counted apart from failures.

use gantry_domain::{JobState, MAX_LOSSES, WorkerId, WorkerState, failure_code};
use gantry_store::{LeaseRenewal, Run};

use crate::fixture::{Fixture, LEASE, childless, completion, failure};

/// Claims the job with a worker of its own and loses that worker.
async fn lose_once(fixture: &Fixture, run: Run) -> gantry_store::Rescued {
    let worker_id = fixture.worker().await;
    fixture.claim(worker_id, run).await.unwrap();
    fixture.end_lease(worker_id).await;
    fixture
        .workers
        .rescue_lost(10)
        .await
        .unwrap()
        .pop()
        .unwrap()
}

#[tokio::test]
async fn it_is_known_that_workers_have_ended_when_one_is_found_lost_or_has_signed_off_just_now() {
    let fixture = Fixture::new().await;
    let (lost, stopped) = (fixture.worker().await, fixture.worker().await);
    let have_ended = async || fixture.workers.mark_lost_workers().await.unwrap();
    assert!(!have_ended().await);
    fixture.end_lease(lost).await;
    assert!(have_ended().await);
    assert!(!have_ended().await, "it was told once");
    fixture.workers.sign_off(stopped).await.unwrap();
    assert!(have_ended().await);
    fixture
        .database
        .execute("UPDATE workers SET lease_expires_at = now() - interval '1 minute'")
        .await;
    assert!(!have_ended().await);
}

#[tokio::test]
async fn the_jobs_of_a_lost_worker_wait_again() {
    let fixture = Fixture::new().await;
    let run = fixture.queued().await;
    let rescued = lose_once(&fixture, run).await;
    assert_eq!(
        (rescued.job_id, rescued.state),
        (run.job_id, JobState::Queued)
    );
    assert_eq!(rescued.doorbell.unwrap().dispatch, run.dispatch + 1);
    let summary = fixture.job(run.job_id).await.summary;
    assert_eq!((summary.attempt, summary.losses), (1, 1));
    assert_eq!(summary.error.unwrap().code, failure_code::WORKER_LOST);
    assert_eq!(fixture.workers.rescue_lost(10).await.unwrap(), []);
}

#[tokio::test]
async fn a_live_worker_loses_nothing() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    assert_eq!(fixture.workers.rescue_lost(10).await.unwrap(), []);
    assert_eq!(fixture.state(run.job_id).await, JobState::Running);
}

#[tokio::test]
async fn a_worker_that_signed_off_with_jobs_left_loses_them() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    fixture.workers.sign_off(worker_id).await.unwrap();
    assert_eq!(fixture.workers.rescue_lost(10).await.unwrap().len(), 1);
    assert_eq!(fixture.state(run.job_id).await, JobState::Queued);
}

#[tokio::test]
async fn a_job_whose_worker_is_not_on_record_is_taken_back() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    fixture.database.execute("DELETE FROM workers").await;
    assert_eq!(fixture.workers.rescue_lost(10).await.unwrap().len(), 1);
    assert_eq!(fixture.state(run.job_id).await, JobState::Queued);
}

#[tokio::test]
async fn a_worker_declared_lost_cannot_renew_its_lease() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    fixture.end_lease(worker_id).await;
    fixture.workers.rescue_lost(10).await.unwrap();
    // Even if its clock had been turned back.
    fixture
        .database
        .execute("UPDATE workers SET lease_expires_at = now() + interval '1 hour'")
        .await;
    let renewal = fixture
        .workers
        .renew_lease(worker_id, WorkerState::Active, LEASE)
        .await;
    assert_eq!(renewal.unwrap(), LeaseRenewal::Lost);
}

/// A renewal that was under way when the lease ended, and commits afterwards, keeps its jobs.
#[tokio::test]
async fn a_lease_renewed_at_the_last_moment_keeps_its_jobs() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    fixture.end_lease(worker_id).await;
    let mut renewal = fixture.database.connection().await;
    let renew = format!(
        "BEGIN; UPDATE workers SET lease_expires_at = now() + interval '1 hour' WHERE id = '{worker_id}'"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(renew))
        .execute(&mut renewal)
        .await
        .unwrap();
    let store = fixture.workers.clone();
    let rescue = tokio::spawn(async move { store.rescue_lost(10).await.unwrap() });
    fixture.wait_for_a_lock().await;
    sqlx::raw_sql("COMMIT").execute(&mut renewal).await.unwrap();
    assert_eq!(rescue.await.unwrap(), []);
    assert_eq!(fixture.state(run.job_id).await, JobState::Running);
    let written = fixture
        .workers
        .complete(worker_id, &[completion(run)])
        .await;
    assert_eq!(written.unwrap(), [childless(run)]);
}

#[tokio::test]
async fn a_job_that_loses_worker_after_worker_is_parked_as_poison() {
    let fixture = Fixture::new().await;
    let mut run = fixture.queued().await;
    for loss in 1..=MAX_LOSSES {
        let rescued = lose_once(&fixture, run).await;
        run = fixture.current_run(run.job_id).await;
        if loss < MAX_LOSSES {
            assert_eq!(rescued.state, JobState::Queued);
        } else {
            assert_eq!((rescued.state, rescued.doorbell), (JobState::Failed, None));
        }
    }
    let summary = fixture.job(run.job_id).await.summary;
    assert_eq!(
        (summary.state, summary.losses),
        (JobState::Failed, MAX_LOSSES)
    );
    assert_eq!(summary.error.unwrap().code, failure_code::POISON);
}

#[tokio::test]
async fn a_job_whose_end_was_asked_for_is_cancelled_when_its_worker_is_lost() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    fixture.request_cancel(run.job_id).await;
    fixture.end_lease(worker_id).await;
    let rescued = fixture.workers.rescue_lost(10).await.unwrap();
    assert_eq!(
        (rescued[0].state, &rescued[0].doorbell),
        (JobState::Cancelled, &None)
    );
    assert_eq!(fixture.state(run.job_id).await, JobState::Cancelled);
}

#[tokio::test]
async fn losses_spend_no_attempts() {
    let fixture = Fixture::new().await;
    let run = fixture.queued().await;
    lose_once(&fixture, run).await;
    lose_once(&fixture, fixture.current_run(run.job_id).await).await;
    let worker_id = fixture.worker().await;
    for failures in 1..=4 {
        let run = fixture.current_run(run.job_id).await;
        let claimed = fixture.claim(worker_id, run).await.unwrap();
        assert_eq!((claimed.attempt, claimed.losses), (2 + failures, 2));
        let failed = fixture
            .workers
            .fail(worker_id, &[failure(run)])
            .await
            .unwrap();
        let is_last = failures == 4;
        assert_eq!(failed[0].state == JobState::Failed, is_last);
        fixture.let_time_pass().await;
        fixture.workers.enqueue_due(10).await.unwrap();
    }
}

#[tokio::test]
async fn the_former_worker_changes_nothing_while_the_next_one_runs_the_job() {
    let fixture = Fixture::new().await;
    let former = fixture.worker().await;
    let stale = fixture.running(former).await;
    fixture.end_lease(former).await;
    fixture.workers.rescue_lost(10).await.unwrap();
    let next = fixture.worker().await;
    let run = fixture.current_run(stale.job_id).await;
    fixture.claim(next, run).await.unwrap();
    let row = fixture.row(run.job_id).await;
    for run in [stale, run] {
        let written = fixture.workers.complete(former, &[completion(run)]).await;
        assert_eq!(written.unwrap(), []);
    }
    assert_eq!(fixture.row(run.job_id).await, row);
    let written = fixture.workers.complete(next, &[completion(run)]).await;
    assert_eq!(written.unwrap(), [childless(run)]);
}

#[tokio::test]
async fn two_rescues_at_once_take_each_job_once_and_no_more_than_asked_for() {
    let fixture = Fixture::new().await;
    let worker_id: WorkerId = fixture.worker().await;
    for _ in 0..30 {
        fixture.running(worker_id).await;
    }
    fixture.end_lease(worker_id).await;
    assert_eq!(fixture.workers.rescue_lost(5).await.unwrap().len(), 5);
    let (one, other) = tokio::join!(
        fixture.workers.rescue_lost(100),
        fixture.workers.rescue_lost(100)
    );
    assert_eq!(one.unwrap().len() + other.unwrap().len(), 25);
    assert_eq!(
        fixture
            .database
            .number("SELECT sum(losses) FROM jobs")
            .await,
        30
    );
}
