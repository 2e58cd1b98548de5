//! Claimed: of many who try one succeeds, and only with a live lease, the right dispatch and a known kind.

use std::collections::HashSet;

use gantry_domain::{JobState, KindName, NewJob, WorkerId, WorkerState};
use gantry_store::Run;

use crate::fixture::{
    Fixture, LEASE, first_run, kind, new_job, new_worker, options, queue, user, yielded,
};

#[tokio::test]
async fn a_claim_hands_out_everything_the_handler_needs() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let job = NewJob {
        traceparent: Some(traceparent.to_owned()),
        timeout_seconds: 17,
        ..new_job(fixture.tenant_id)
    };
    let run = first_run(fixture.submit(job.clone()).await);
    let claimed = fixture.claim(worker_id, run).await.unwrap();
    assert_eq!((claimed.run, claimed.job_id()), (run, job.id));
    assert_eq!(
        (claimed.tenant_id, claimed.created_by),
        (job.tenant_id, user("ada"))
    );
    assert_eq!((claimed.kind, claimed.payload), (kind(), job.payload));
    assert_eq!(
        (claimed.attempt, claimed.losses, claimed.last_log_seq),
        (1, 0, 0)
    );
    assert_eq!(claimed.timeout_seconds, 17);
    assert_eq!(claimed.traceparent.as_deref(), Some(traceparent));
    let summary = fixture.job(job.id).await.summary;
    assert_eq!(summary.state, JobState::Running);
    assert_eq!(summary.attempt, 1);
    assert_eq!(summary.worker, Some(format!("worker-{worker_id}")));
    assert!(summary.started_at.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_workers_exactly_one_gets_each_job() {
    let fixture = Fixture::new().await;
    let mut runs = Vec::new();
    for _ in 0..50 {
        runs.push(fixture.queued().await);
    }
    let mut claims = tokio::task::JoinSet::new();
    for number in 0..8 {
        let worker_id = fixture.worker().await;
        let store = fixture.workers.clone();
        let mut runs = runs.clone();
        // Each in another order, as doorbells that were rung twice arrive.
        runs.rotate_left(number * 7);
        if number % 2 == 1 {
            runs.reverse();
        }
        claims.spawn(async move { store.claim(worker_id, &runs, &[kind()]).await.unwrap() });
    }
    let claimed: Vec<_> = claims.join_all().await.into_iter().flatten().collect();
    let distinct: HashSet<_> = claimed.iter().map(|claimed| claimed.run).collect();
    assert_eq!(claimed.len(), 50);
    assert_eq!(distinct, runs.into_iter().collect());
    let running = fixture
        .database
        .number("SELECT count(*) FROM jobs WHERE state = 'running' AND attempt = 1");
    assert_eq!(running.await, 50);
}

#[tokio::test]
async fn the_same_doorbell_twice_in_one_batch_claims_once() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.queued().await;
    let claimed = fixture
        .workers
        .claim(worker_id, &[run, run], &[kind()])
        .await
        .unwrap();
    assert_eq!(claimed.len(), 1);
    assert_eq!(fixture.job(run.job_id).await.summary.attempt, 1);
}

#[tokio::test]
async fn a_worker_whose_lease_has_ended_claims_nothing() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.queued().await;
    fixture.end_lease(worker_id).await;
    assert_eq!(fixture.claim(worker_id, run).await, None);
    assert_eq!(fixture.state(run.job_id).await, JobState::Queued);
}

#[tokio::test]
async fn a_worker_that_drains_signed_off_or_was_never_registered_claims_nothing() {
    let fixture = Fixture::new().await;
    let run = fixture.queued().await;
    let draining = fixture.worker().await;
    let renewal = fixture
        .workers
        .renew_lease(draining, WorkerState::Draining, LEASE);
    renewal.await.unwrap();
    let stopped = fixture.worker().await;
    fixture.workers.sign_off(stopped).await.unwrap();
    for worker_id in [draining, stopped, WorkerId::generate()] {
        assert_eq!(fixture.claim(worker_id, run).await, None);
    }
    assert_eq!(fixture.state(run.job_id).await, JobState::Queued);
}

#[tokio::test]
async fn a_doorbell_of_another_dispatch_claims_nothing() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.queued().await;
    for dispatch in [0, 2, u32::MAX] {
        let other = Run { dispatch, ..run };
        assert_eq!(fixture.claim(worker_id, other).await, None);
    }
    assert_eq!(fixture.state(run.job_id).await, JobState::Queued);
}

#[tokio::test]
async fn a_kind_the_worker_does_not_know_waits_for_one_who_does() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.queued().await;
    let other: KindName = "test.other".parse().unwrap();
    let claimed = fixture
        .workers
        .claim(worker_id, &[run], &[other])
        .await
        .unwrap();
    assert_eq!(claimed, []);
    assert_eq!(fixture.state(run.job_id).await, JobState::Queued);
    assert!(fixture.claim(worker_id, run).await.is_some());
}

#[tokio::test]
async fn a_job_that_does_not_wait_is_not_claimed() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    let row = fixture.row(run.job_id).await;
    assert_eq!(fixture.claim(worker_id, run).await, None);
    assert_eq!(fixture.row(run.job_id).await, row);
}

/// Two claims that lock the same rows in opposite order would end in a deadlock, of which Postgres breaks off one.
#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_found_again_by_its_worker_alone() {
    let fixture = Fixture::new().await;
    let (worker_id, other) = (fixture.worker().await, fixture.worker().await);
    let run = fixture.queued().await;
    let claimed = fixture.claim(worker_id, run).await.unwrap();
    let found = fixture.workers.already_claimed(worker_id, &[run]).await;
    assert_eq!(found.unwrap(), [claimed]);
    let found = fixture.workers.already_claimed(other, &[run]).await;
    assert_eq!(found.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claims_in_opposite_order_never_lock_each_other_out() {
    let fixture = Fixture::new().await;
    let (one, other) = (fixture.worker().await, fixture.worker().await);
    let store = gantry_store::WorkerStore::open(&options(fixture.database.url()))
        .await
        .unwrap();
    for _ in 0..20 {
        let jobs: Vec<_> = (0..200).map(|_| new_job(fixture.tenant_id)).collect();
        fixture.api.submit(&jobs).await.unwrap();
        let runs: Vec<_> = jobs.iter().map(|job| first_run(job.id)).collect();
        let reversed: Vec<_> = runs.iter().rev().copied().collect();
        let kinds = [kind()];
        let (forward, backward) = tokio::join!(
            fixture.workers.claim(one, &runs, &kinds),
            store.claim(other, &reversed, &kinds)
        );
        assert_eq!(forward.unwrap().len() + backward.unwrap().len(), 200);
    }
}

#[tokio::test]
async fn a_worker_serves_the_queues_it_names_and_claims_by_doorbell_alone() {
    let fixture = Fixture::new().await;
    let worker = gantry_store::NewWorker {
        queues: vec!["other".parse().unwrap()],
        ..new_worker(WorkerId::generate())
    };
    fixture.workers.register(&worker).await.unwrap();
    let run = fixture.queued().await;
    assert_eq!(fixture.job(run.job_id).await.summary.queue, queue());
    assert!(fixture.claim(worker.id, run).await.is_some());
}

#[tokio::test]
async fn a_claim_whose_answer_was_lost_can_be_looked_up_by_its_worker_alone() {
    let fixture = Fixture::new().await;
    let (worker_id, other) = (fixture.worker().await, fixture.worker().await);
    let run = fixture.queued().await;
    let look = async |worker_id, run| {
        let claimed = fixture.workers.already_claimed(worker_id, &[run]).await;
        claimed.unwrap()
    };
    assert_eq!(look(worker_id, run).await, []);
    let claimed = fixture.claim(worker_id, run).await.unwrap();
    assert_eq!(look(worker_id, run).await, [claimed]);
    assert_eq!(look(other, run).await, []);
    let another = Run { dispatch: 2, ..run };
    assert_eq!(look(worker_id, another).await, []);
    fixture
        .workers
        .release(worker_id, &[yielded(run, 0)])
        .await
        .unwrap();
    assert_eq!(look(worker_id, run).await, []);
}
