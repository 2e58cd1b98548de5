//! Kinds and workers: what is announced, who lives, whose lease it is.

use gantry_domain::{KindDeclaration, RetentionPeriods, WorkerId, WorkerState};
use gantry_store::{LeaseRenewal, NewWorker};
use std::time::Duration;

use crate::fixture::{Fixture, LEASE, declaration, kind, new_worker, queue};

#[tokio::test]
async fn an_announced_kind_reads_back_and_counts_its_live_workers() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.api.kinds().await.unwrap(), []);
    let (one, other) = (fixture.worker().await, fixture.worker().await);
    let kinds = fixture.api.kinds().await.unwrap();
    assert_eq!(kinds[0].declaration, declaration(kind()));
    assert_eq!(kinds[0].workers, 2);
    fixture.end_lease(one).await;
    assert_eq!(fixture.api.kinds().await.unwrap()[0].workers, 1);
    fixture.workers.sign_off(other).await.unwrap();
    assert_eq!(
        fixture.api.kinds().await.unwrap()[0].workers,
        0,
        "a kind outlives its workers"
    );
}

#[tokio::test]
async fn a_kind_announced_anew_is_brought_up_to_date() {
    let fixture = Fixture::new().await;
    fixture.worker().await;
    let changed = KindDeclaration {
        timeout_seconds: 7,
        payload_schema: serde_json::json!(false),
        ..declaration(kind())
    };
    let worker = NewWorker {
        kinds: vec![changed.clone()],
        ..new_worker(WorkerId::generate())
    };
    fixture.workers.register(&worker).await.unwrap();
    assert_eq!(fixture.api.kinds().await.unwrap()[0].declaration, changed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_workers_announce_the_same_kinds_at_once() {
    let fixture = Fixture::new().await;
    let mut starts = tokio::task::JoinSet::new();
    for number in 0..8 {
        let store = fixture.workers.clone();
        let names = ["test.one", "test.two", "test.three", "test.four"];
        let mut kinds: Vec<_> = names.map(|name| declaration(name.parse().unwrap())).into();
        kinds.rotate_left(number % 4);
        let worker = NewWorker {
            kinds,
            ..new_worker(WorkerId::generate())
        };
        starts.spawn(async move { store.register(&worker).await });
    }
    for start in starts.join_all().await {
        start.unwrap();
    }
    assert_eq!(fixture.api.kinds().await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_worker_without_kinds_can_register() {
    let fixture = Fixture::new().await;
    let worker = NewWorker {
        kinds: Vec::new(),
        ..new_worker(WorkerId::generate())
    };
    fixture.workers.register(&worker).await.unwrap();
    assert_eq!(
        fixture
            .api
            .tenant(fixture.tenant_id)
            .workers()
            .await
            .unwrap()[0]
            .kinds,
        []
    );
}

#[tokio::test]
async fn workers_are_shown_as_they_stand() {
    let fixture = Fixture::new().await;
    let [active, draining, stopped, lost, silent] = [
        fixture.worker().await,
        fixture.worker().await,
        fixture.worker().await,
        fixture.worker().await,
        fixture.worker().await,
    ];
    let renewal = fixture
        .workers
        .renew_lease(draining, WorkerState::Draining, LEASE)
        .await;
    assert_eq!(renewal.unwrap(), LeaseRenewal::Renewed(Vec::new()));
    fixture.workers.sign_off(stopped).await.unwrap();
    fixture.end_lease(lost).await;
    fixture.workers.rescue_lost(10).await.unwrap();
    fixture.end_lease(silent).await;
    let workers = fixture
        .api
        .tenant(fixture.tenant_id)
        .workers()
        .await
        .unwrap();
    for (id, state) in [
        (active, WorkerState::Active),
        (draining, WorkerState::Draining),
        (stopped, WorkerState::Stopped),
        (lost, WorkerState::Lost),
        (silent, WorkerState::Lost),
    ] {
        let worker = workers.iter().find(|worker| worker.id == id).unwrap();
        assert_eq!(worker.state, state);
        assert_eq!(
            (worker.queues.as_slice(), worker.kinds.as_slice()),
            (&[queue()][..], &[kind()][..])
        );
        assert_eq!((worker.concurrency, worker.version.as_str()), (4, "0.0.0"));
    }
    let asked = [
        active,
        draining,
        stopped,
        lost,
        silent,
        WorkerId::generate(),
    ];
    let mut alive = fixture.workers.alive_workers(&asked).await.unwrap();
    alive.sort();
    assert_eq!(alive, [active, draining]);
}

#[tokio::test]
async fn workers_that_ended_long_ago_are_not_shown() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    fixture.workers.sign_off(worker_id).await.unwrap();
    let long_ago = "UPDATE workers SET heartbeat_at = now() - interval '2 days'";
    fixture.database.execute(long_ago).await;
    assert_eq!(
        fixture
            .api
            .tenant(fixture.tenant_id)
            .workers()
            .await
            .unwrap(),
        []
    );
}

#[tokio::test]
async fn a_lease_that_has_ended_stays_ended() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    fixture.end_lease(worker_id).await;
    for worker_id in [worker_id, WorkerId::generate()] {
        let renewal = fixture
            .workers
            .renew_lease(worker_id, WorkerState::Active, LEASE)
            .await;
        assert_eq!(renewal.unwrap(), LeaseRenewal::Lost);
    }
    let signed_off = fixture.worker().await;
    fixture.workers.sign_off(signed_off).await.unwrap();
    fixture.workers.sign_off(signed_off).await.unwrap();
    let renewal = fixture
        .workers
        .renew_lease(signed_off, WorkerState::Active, LEASE)
        .await;
    assert_eq!(renewal.unwrap(), LeaseRenewal::Lost);
}

#[tokio::test]
async fn a_worker_id_is_never_used_twice() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    fixture
        .workers
        .register(&new_worker(worker_id))
        .await
        .unwrap_err();
}

#[tokio::test]
async fn one_worker_does_the_maintenance_until_its_lease_ends() {
    let fixture = Fixture::new().await;
    let (one, other) = (fixture.worker().await, fixture.worker().await);
    let hold = |worker_id, lease| fixture.workers.hold_maintenance_lease(worker_id, lease);
    assert!(hold(one, LEASE).await.unwrap());
    assert!(!hold(other, LEASE).await.unwrap());
    assert!(
        hold(one, Duration::ZERO).await.unwrap(),
        "its holder renews it"
    );
    assert!(hold(other, LEASE).await.unwrap());
    assert!(!hold(one, LEASE).await.unwrap());
}

#[tokio::test]
async fn a_maintainer_that_is_gone_is_succeeded_at_once() {
    let fixture = Fixture::new().await;
    let (left, died, next) = (
        fixture.worker().await,
        fixture.worker().await,
        fixture.worker().await,
    );
    let hold = |worker_id| fixture.workers.hold_maintenance_lease(worker_id, LEASE);
    assert!(hold(left).await.unwrap());
    fixture.workers.sign_off(left).await.unwrap();
    assert!(hold(died).await.unwrap());
    fixture.end_lease(died).await;
    assert!(hold(next).await.unwrap());
}

#[tokio::test]
async fn of_many_who_want_the_maintenance_at_once_one_gets_it() {
    let fixture = Fixture::new().await;
    let mut wishes = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let worker_id = fixture.worker().await;
        let store = fixture.workers.clone();
        wishes.spawn(async move { store.hold_maintenance_lease(worker_id, LEASE).await });
    }
    let holders = wishes.join_all().await.into_iter().map(Result::unwrap);
    assert_eq!(holders.filter(|holds| *holds).count(), 1);
}

#[tokio::test]
async fn the_maintenance_of_a_worker_that_is_gone_is_taken_over_at_once() {
    let fixture = Fixture::new().await;
    let (stopped, lost) = (fixture.worker().await, fixture.worker().await);
    let hold = |worker_id| fixture.workers.hold_maintenance_lease(worker_id, LEASE);
    assert!(hold(stopped).await.unwrap());
    fixture.workers.sign_off(stopped).await.unwrap();
    assert!(hold(lost).await.unwrap());
    fixture.end_lease(lost).await;
    assert!(hold(fixture.worker().await).await.unwrap());
}

/// As long as a job is kept that it could have run, a worker's row says what it was called.
#[tokio::test]
async fn a_worker_is_forgotten_when_every_job_is_gone_that_it_could_have_run() {
    let fixture = Fixture::new().await;
    fixture.worker().await;
    for days in [32, 29] {
        let ended = fixture.worker().await;
        fixture.workers.sign_off(ended).await.unwrap();
        let age = format!(
            "UPDATE workers SET lease_expires_at = now() - interval '{days} days' WHERE id = '{ended}'"
        );
        fixture.database.execute(&age).await;
    }
    let periods = RetentionPeriods::new(30, 20, 10).unwrap();
    let forget = || fixture.workers.forget_ended_workers(periods, 10);
    let longer = "INSERT INTO tenant_retention (tenant_id, jobs_days, results_days, logs_days)
        VALUES (gen_random_uuid(), 40, 1, 1)";
    fixture.database.execute(longer).await;
    assert_eq!(forget().await.unwrap(), 0);
    fixture
        .database
        .execute("DELETE FROM tenant_retention")
        .await;
    assert_eq!(forget().await.unwrap(), 1);
    assert_eq!(fixture.count_of("workers").await, 2);
}
