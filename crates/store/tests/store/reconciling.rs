//! What the reconciler asks: which queues are served, and which jobs of theirs have waited since some moment.

use chrono::{DateTime, TimeDelta, Utc};
use gantry_domain::{JobId, NewJob, Priority, WorkerId, WorkerState};
use gantry_store::NewWorker;

use crate::fixture::{Fixture, LEASE, declaration, new_job, new_worker, queue};

async fn waiting(fixture: &Fixture, until: DateTime<Utc>) -> Vec<JobId> {
    let doorbells = fixture
        .workers
        .waiting_since(&queue(), until, None, 1_000)
        .await
        .unwrap();
    doorbells.iter().map(|doorbell| doorbell.job_id).collect()
}

#[tokio::test]
async fn the_queues_of_workers_that_take_jobs_are_served() {
    let fixture = Fixture::new().await;
    for names in [vec!["b", "a"], vec!["b"]] {
        let worker = NewWorker {
            queues: names.iter().map(|name| name.parse().unwrap()).collect(),
            ..new_worker(WorkerId::generate())
        };
        fixture.workers.register(&worker).await.unwrap();
    }
    for name in ["drained", "lost"] {
        let worker = NewWorker {
            queues: vec![name.parse().unwrap()],
            ..new_worker(WorkerId::generate())
        };
        fixture.workers.register(&worker).await.unwrap();
        if name == "lost" {
            fixture.end_lease(worker.id).await;
        } else {
            let renewal = fixture
                .workers
                .renew_lease(worker.id, WorkerState::Draining, LEASE);
            renewal.await.unwrap();
        }
    }
    let frame = fixture.workers.reconciliation_frame().await.unwrap();
    let names: Vec<_> = frame.queues.iter().map(|queue| queue.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
}

#[tokio::test]
async fn a_queue_is_waited_in_while_a_job_of_it_is_queued_and_not_when_all_run() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let waited_in = async || {
        let frame = fixture.workers.reconciliation_frame().await.unwrap();
        frame.waited_in.len()
    };
    assert_eq!(waited_in().await, 0);
    fixture.running(worker_id).await;
    assert_eq!(waited_in().await, 0);
    fixture.queued().await;
    assert_eq!(waited_in().await, 1);
}

#[tokio::test]
async fn only_jobs_that_waited_long_enough_are_named() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    fixture.running(worker_id).await;
    let old = fixture.queued().await.job_id;
    let young = fixture.queued().await.job_id;
    let age = format!("UPDATE jobs SET queued_at = now() - interval '1 minute' WHERE id = '{old}'");
    fixture.database.execute(&age).await;
    let now = fixture.workers.reconciliation_frame().await.unwrap().now;
    assert_eq!(waiting(&fixture, now - TimeDelta::seconds(30)).await, [old]);
    assert_eq!(waiting(&fixture, now).await, [old, young]);
    assert_eq!(waiting(&fixture, now - TimeDelta::hours(1)).await, []);
}

#[tokio::test]
async fn a_job_that_no_live_worker_could_run_is_not_named() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let unknown = NewJob {
        kind: "test.unknown".parse().unwrap(),
        ..new_job(fixture.tenant_id)
    };
    let unknown = fixture.submit(unknown).await;
    let known = fixture.queued().await.job_id;
    let soon = Utc::now() + TimeDelta::hours(1);
    assert_eq!(waiting(&fixture, soon).await, [known]);
    let newcomer = NewWorker {
        kinds: vec![declaration("test.unknown".parse().unwrap())],
        ..new_worker(WorkerId::generate())
    };
    fixture.workers.register(&newcomer).await.unwrap();
    fixture.end_lease(worker_id).await;
    assert_eq!(waiting(&fixture, soon).await, [unknown]);
}

#[tokio::test]
async fn pages_of_doorbells_follow_each_other_and_carry_the_present_dispatch() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let released = fixture.running(worker_id).await;
    fixture
        .workers
        .release(worker_id, &[crate::fixture::yielded(released, 0)])
        .await
        .unwrap();
    for _ in 0..4 {
        let urgent = NewJob {
            priority: Priority::High,
            ..new_job(fixture.tenant_id)
        };
        fixture.submit(urgent).await;
    }
    let soon = Utc::now() + TimeDelta::hours(1);
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = fixture
            .workers
            .waiting_since(&queue(), soon, after, 2)
            .await
            .unwrap();
        after = page.last().map(|doorbell| doorbell.job_id);
        seen.extend(page);
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.is_sorted_by_key(|doorbell| doorbell.job_id));
    assert_eq!((seen[0].job_id, seen[0].dispatch), (released.job_id, 2));
    assert!(
        seen[1..]
            .iter()
            .all(|doorbell| doorbell.priority == Priority::High)
    );
}
