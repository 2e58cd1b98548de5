//! Concurrency limits: never exceeded whoever claims at once, in nobody's way, and no place stays empty.

mod at_once;

use std::collections::HashSet;

use chrono::{TimeDelta, Utc};
use gantry_domain::{JobId, KindName, LimitSubject, NewJob, Priority, TenantId, WorkerId};
use gantry_store::{FreedPlace, LimitOutcome, NewWorker, PauseWish, Run, SignedIn, WorkerStore};

use crate::fixture::{
    Fixture, completion, declaration, failure, first_run, kind, new_job, new_worker, queue, tenant,
    user, yielded,
};

fn other_kind() -> KindName {
    "test.other".parse().unwrap()
}

fn kinds() -> [KindName; 2] {
    [kind(), other_kind()]
}

fn tenants() -> [TenantId; 3] {
    ["acme", "globex", "initech"].map(tenant)
}

/// A fixture of three tenants with a worker of both kinds.
async fn fixture() -> (Fixture, WorkerId) {
    let fixture = Fixture::new().await;
    for (tenant_id, name) in tenants().into_iter().zip(["ada", "bob", "cy"]) {
        let signed_in = SignedIn {
            issuer: "https://issuer.test".to_owned(),
            tenant_id,
            tenant_external_id: name.to_owned(),
            user_id: user(name),
            subject: name.to_owned(),
            email: None,
        };
        fixture.api.remember(&signed_in).await.unwrap();
    }
    let worker_id = worker(&fixture.workers).await;
    (fixture, worker_id)
}

async fn worker(store: &WorkerStore) -> WorkerId {
    let worker = NewWorker {
        kinds: kinds().into_iter().map(declaration).collect(),
        ..new_worker(WorkerId::generate())
    };
    store.register(&worker).await.unwrap();
    worker.id
}

async fn limit(fixture: &Fixture, subject: LimitSubject, max_running: u32) {
    let operator = fixture.api.operator();
    let outcome = operator.set_limit(&subject, max_running, user("ada")).await;
    assert!(matches!(outcome.unwrap(), LimitOutcome::Set(_)));
}

async fn submit(fixture: &Fixture, tenant_id: TenantId, kind: KindName, count: usize) -> Vec<Run> {
    let jobs: Vec<_> = (0..count)
        .map(|_| NewJob {
            kind: kind.clone(),
            ..new_job(tenant_id)
        })
        .collect();
    let accepted = fixture.api.submit(&jobs).await.unwrap();
    accepted
        .iter()
        .map(|accepted| first_run(accepted.job_id))
        .collect()
}

async fn claim(fixture: &Fixture, worker_id: WorkerId, runs: &[Run]) -> Vec<Run> {
    let claimed = fixture.workers.claim(worker_id, runs, &kinds()).await;
    claimed.unwrap().into_iter().map(|job| job.run).collect()
}

fn place(tenant_id: TenantId, kind: KindName) -> FreedPlace {
    FreedPlace { tenant_id, kind }
}

async fn next(fixture: &Fixture, tenant_id: TenantId) -> Vec<JobId> {
    let places = [place(tenant_id, kind())];
    let doorbells = fixture.workers.next_for_places(&places).await.unwrap();
    doorbells.iter().map(|doorbell| doorbell.job_id).collect()
}

#[tokio::test]
async fn a_tenant_runs_no_more_than_its_limit_and_others_are_not_concerned() {
    let (fixture, worker_id) = fixture().await;
    let [acme, globex, _] = tenants();
    limit(&fixture, LimitSubject::Tenant(acme), 2).await;
    let limited = submit(&fixture, acme, kind(), 5).await;
    let free = submit(&fixture, globex, kind(), 3).await;
    let all: Vec<_> = limited.iter().chain(&free).copied().collect();
    let claimed: HashSet<_> = claim(&fixture, worker_id, &all).await.into_iter().collect();
    let expected: HashSet<_> = limited[..2].iter().chain(&free).copied().collect();
    assert_eq!(claimed, expected);
    assert_eq!(claim(&fixture, worker_id, &limited).await, []);
}

#[tokio::test]
async fn a_kind_runs_no_more_than_its_limit_in_all_tenants_together() {
    let (fixture, worker_id) = fixture().await;
    let [acme, globex, _] = tenants();
    limit(&fixture, LimitSubject::Kind(kind()), 3).await;
    let mut runs = submit(&fixture, acme, kind(), 3).await;
    runs.extend(submit(&fixture, globex, kind(), 3).await);
    let other = submit(&fixture, acme, other_kind(), 2).await;
    assert_eq!(claim(&fixture, worker_id, &runs).await.len(), 3);
    assert_eq!(claim(&fixture, worker_id, &other).await, other);
}

#[tokio::test]
async fn a_tenant_without_a_limit_of_its_own_has_that_of_every_tenant() {
    let (fixture, worker_id) = fixture().await;
    let [acme, globex, _] = tenants();
    limit(&fixture, LimitSubject::EveryTenant, 1).await;
    limit(&fixture, LimitSubject::Tenant(acme), 2).await;
    for (tenant_id, expected) in [(acme, 2), (globex, 1)] {
        let runs = submit(&fixture, tenant_id, kind(), 3).await;
        assert_eq!(claim(&fixture, worker_id, &runs).await.len(), expected);
    }
}

#[tokio::test]
async fn both_limits_hold_and_a_full_one_leaves_no_place_of_the_other_empty() {
    let (fixture, worker_id) = fixture().await;
    let [acme, globex, _] = tenants();
    limit(&fixture, LimitSubject::Tenant(acme), 2).await;
    limit(&fixture, LimitSubject::Kind(kind()), 1).await;
    let mut runs = submit(&fixture, acme, kind(), 4).await;
    runs.extend(submit(&fixture, acme, other_kind(), 4).await);
    let globex_runs = submit(&fixture, globex, kind(), 2).await;
    // One of the kind and, whichever tenant has that, acme's two places are full.
    runs.extend(&globex_runs);
    let claimed = claim(&fixture, worker_id, &runs).await;
    let of_globex = claimed
        .iter()
        .filter(|run| globex_runs.contains(run))
        .count();
    assert_eq!(claimed.len() - of_globex, 2);
    let running = "SELECT count(*) FROM jobs WHERE state = 'running' AND kind = 'test.echo'";
    assert_eq!(fixture.database.number(running).await, 1);
}

#[tokio::test]
async fn every_way_out_of_running_frees_the_place() {
    let (fixture, worker_id) = fixture().await;
    let [acme, ..] = tenants();
    limit(&fixture, LimitSubject::Tenant(acme), 1).await;
    let store = &fixture.workers;
    for way in [
        "completed",
        "failed",
        "released",
        "snoozed",
        "cancelled",
        "lost",
    ] {
        let run = submit(&fixture, acme, kind(), 1).await[0];
        let worker_id = worker(store).await;
        let claimed = store.claim(worker_id, &[run], &kinds()).await.unwrap();
        assert!(claimed[0].is_limited);
        let waiting = submit(&fixture, acme, kind(), 1).await;
        assert_eq!(claim(&fixture, worker_id, &waiting).await, [], "{way}");
        match way {
            "completed" => drop(store.complete(worker_id, &[completion(run)]).await.unwrap()),
            "failed" => drop(store.fail(worker_id, &[failure(run)]).await.unwrap()),
            "released" => drop(store.release(worker_id, &[yielded(run, 0)]).await.unwrap()),
            "snoozed" => {
                let snoozed = store.snooze(worker_id, yielded(run, 0), std::time::Duration::MAX);
                snoozed.await.unwrap();
            }
            "cancelled" => {
                fixture.request_cancel(run.job_id).await;
                let error = crate::fixture::by_someone();
                let runs = [run];
                let marked = store.mark_cancelled(worker_id, &runs, &error).await;
                let marked: Vec<_> = marked.unwrap().iter().map(|ended| ended.run).collect();
                assert_eq!(marked, runs);
            }
            _ => {
                fixture.end_lease(worker_id).await;
                store.rescue_lost(10).await.unwrap();
            }
        }
        let other = self::worker(store).await;
        assert_eq!(claim(&fixture, other, &waiting).await, waiting, "{way}");
        store
            .complete(other, &[completion(waiting[0])])
            .await
            .unwrap();
        fixture
            .database
            .execute("UPDATE jobs SET state = 'cancelled', queued_at = NULL, finished_at = now() WHERE state IN ('queued', 'scheduled')")
            .await;
    }
    let run = submit(&fixture, acme, kind(), 1).await;
    assert_eq!(claim(&fixture, worker_id, &run).await, run);
}

#[tokio::test]
async fn a_freed_place_goes_to_the_most_urgent_and_then_the_oldest() {
    let (fixture, worker_id) = fixture().await;
    let [acme, ..] = tenants();
    limit(&fixture, LimitSubject::Tenant(acme), 2).await;
    let running = submit(&fixture, acme, kind(), 2).await;
    assert_eq!(claim(&fixture, worker_id, &running).await.len(), 2);
    let waiting = submit(&fixture, acme, kind(), 3).await;
    let urgent = NewJob {
        priority: Priority::High,
        ..new_job(acme)
    };
    let urgent = fixture.submit(urgent).await;
    assert_eq!(next(&fixture, acme).await, []);
    let store = &fixture.workers;
    store
        .complete(worker_id, &[completion(running[0])])
        .await
        .unwrap();
    assert_eq!(next(&fixture, acme).await, [urgent]);
    store
        .complete(worker_id, &[completion(running[1])])
        .await
        .unwrap();
    assert_eq!(next(&fixture, acme).await, [urgent, waiting[0].job_id]);
}

#[tokio::test]
async fn a_long_line_of_one_tenant_does_not_keep_another_from_its_turn() {
    let (fixture, worker_id) = fixture().await;
    let [acme, globex, _] = tenants();
    limit(&fixture, LimitSubject::Kind(kind()), 1).await;
    let line = submit(&fixture, acme, kind(), 200).await;
    let single = submit(&fixture, globex, kind(), 1).await[0];
    let mut turns = 0;
    let mut running = claim(&fixture, worker_id, &line[..1]).await;
    // Each turn is one of two tenants' by chance; so many tails in a row do not come.
    while !running.contains(&single) {
        turns += 1;
        assert!(turns < 100, "the single job waits for the whole line");
        let ended = [completion(running[0])];
        fixture.workers.complete(worker_id, &ended).await.unwrap();
        let next = next(&fixture, acme).await;
        assert_eq!(next.len(), 1);
        running = claim(&fixture, worker_id, &[first_run(next[0])]).await;
    }
}

#[tokio::test]
async fn the_reconciler_rings_for_free_places_only() {
    let (fixture, worker_id) = fixture().await;
    let [acme, globex, _] = tenants();
    let frame = fixture.workers.reconciliation_frame().await.unwrap();
    assert!(!frame.has_limits);
    limit(&fixture, LimitSubject::Tenant(acme), 2).await;
    let frame = fixture.workers.reconciliation_frame().await.unwrap();
    assert!(frame.has_limits);
    let limited = submit(&fixture, acme, kind(), 10).await;
    let free = submit(&fixture, globex, kind(), 1).await;
    assert_eq!(claim(&fixture, worker_id, &limited[..1]).await.len(), 1);
    let (queue, soon) = (queue(), Utc::now() + TimeDelta::hours(1));
    let unlimited = fixture.workers.waiting_since(&queue, soon, None, 100).await;
    let unlimited: Vec<_> = unlimited.unwrap().iter().map(|bell| bell.job_id).collect();
    assert_eq!(unlimited, [free[0].job_id]);
    let next = fixture.workers.next_in_queue(&queue, soon).await.unwrap();
    let next: Vec<_> = next.iter().map(|bell| bell.job_id).collect();
    assert_eq!(next, [limited[1].job_id]);
    let earlier = Utc::now() - TimeDelta::hours(1);
    assert_eq!(
        fixture
            .workers
            .next_in_queue(&queue, earlier)
            .await
            .unwrap(),
        []
    );
    let pause = PauseWish {
        subject: gantry_domain::PauseSubject::Tenant(acme),
        reason: None,
        paused_by: user("ada"),
        paused_by_name: "ada".to_owned(),
    };
    fixture.api.operator().pause(&pause).await.unwrap();
    assert_eq!(
        fixture.workers.next_in_queue(&queue, soon).await.unwrap(),
        []
    );
}

#[tokio::test]
async fn limits_are_set_replaced_listed_and_removed() {
    let (fixture, _) = fixture().await;
    let [acme, ..] = tenants();
    let operator = fixture.api.operator();
    for subject in [
        LimitSubject::Tenant(tenant("nobody")),
        LimitSubject::Kind("test.unknown".parse().unwrap()),
    ] {
        let outcome = operator.set_limit(&subject, 1, user("ada")).await.unwrap();
        assert_eq!(outcome, LimitOutcome::UnknownSubject);
    }
    let subjects = [
        LimitSubject::Kind(kind()),
        LimitSubject::Tenant(acme),
        LimitSubject::EveryTenant,
    ];
    for (number, subject) in (1..).zip(&subjects) {
        limit(&fixture, subject.clone(), 10).await;
        limit(&fixture, subject.clone(), number).await;
    }
    let set: Vec<_> = operator
        .limits()
        .await
        .unwrap()
        .into_iter()
        .map(|limit| (limit.subject, limit.max_running))
        .collect();
    let expected = [
        (kind().to_string(), 1),
        (acme.to_string(), 2),
        ("default".to_owned(), 3),
    ];
    assert_eq!(set, expected);
    for subject in &subjects {
        assert!(operator.remove_limit(subject).await.unwrap());
        assert!(!operator.remove_limit(subject).await.unwrap());
    }
    assert_eq!(operator.limits().await.unwrap(), []);
}
