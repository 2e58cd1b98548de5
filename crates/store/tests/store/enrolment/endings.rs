//! A token that has ended: nothing its machine does has any effect, whatever was begun before.

use std::time::Duration;

use gantry_domain::{JobState, WorkerId, WorkerState};
use gantry_store::{LeaseRenewal, RunLogLine};

use super::machine::{Machine, queued_in};
use super::world::{World, world};
use crate::fixture::{Fixture, LEASE, completion, user};
use crate::row_security::{found, run, visible};
use crate::run_writes::line;

#[tokio::test]
async fn a_revoked_machine_finds_nothing_and_its_jobs_are_taken_over_at_once() {
    ends_at_once(async |fixture, machine| {
        let scope = fixture.api.tenant(fixture.tenant_id);
        scope
            .revoke_worker_token(machine.token.id, user("ada"))
            .await
            .unwrap();
        assert!(fixture.workers.mark_lost_workers().await.unwrap());
        let rescued = fixture.workers.rescue_lost(10).await.unwrap();
        assert_eq!(rescued.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_machine_whose_token_has_expired_finds_nothing() {
    ends_at_once(async |fixture, _| {
        let expire = "UPDATE worker_tokens SET expires_at = now() - interval '1 s'";
        fixture.database.execute(expire).await;
    })
    .await;
}

/// A statement sees how the token stood when it began, for as long as it takes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_machine_began_before_its_token_was_revoked_is_broken_off() {
    let world = world().await;
    let World {
        fixture,
        machine,
        own,
        ..
    } = &world;
    let worker_id = machine.worker().await;
    machine.claim(worker_id, *own).await.unwrap();
    let mut hand = machine.connection().await;
    let forging = tokio::spawn(async move {
        let forged = "UPDATE jobs SET state = 'succeeded', result = '1', finished_at = now()
            WHERE state = 'running' AND (SELECT pg_sleep_for('60 s')) IS NOT NULL";
        run(&mut hand, forged).await
    });
    let asleep = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event = 'PgSleep'";
    gantry_testkit::eventually(Duration::from_secs(20), async || {
        match fixture.database.number(asleep).await {
            1 => Ok(()),
            count => Err(count),
        }
    })
    .await;
    let scope = fixture.api.tenant(fixture.tenant_id);
    scope
        .revoke_worker_token(machine.token.id, user("ada"))
        .await
        .unwrap();
    assert_eq!(fixture.database.number(asleep).await, 0);
    forging.await.unwrap().unwrap_err();
    assert_eq!(fixture.workers.rescue_lost(10).await.unwrap().len(), 1);
    assert_eq!(fixture.state(own.job_id).await, JobState::Queued);
}

/// Neither a statement of the worker, nor one made by hand, nor a transaction that was begun before has any effect.
async fn ends_at_once(end: impl AsyncFnOnce(&Fixture, &Machine)) {
    let world = world().await;
    let World {
        fixture,
        machine,
        own,
        ..
    } = &world;
    let worker_id = machine.worker().await;
    machine.claim(worker_id, *own).await.unwrap();
    queued_in(fixture, fixture.tenant_id, "own-gpu").await;
    let mut open = machine.connection().await;
    run(
        &mut open,
        "BEGIN; UPDATE jobs SET progress = '1' WHERE state = 'running'; SAVEPOINT before",
    )
    .await
    .unwrap();
    run(&mut open, "ROLLBACK; BEGIN; SELECT FROM jobs")
        .await
        .unwrap();
    let mut frozen = machine.connection().await;
    run(&mut frozen, "BEGIN ISOLATION LEVEL REPEATABLE READ")
        .await
        .unwrap();
    assert_eq!(
        visible(&mut frozen, "jobs").await,
        0,
        "only what sees each commit sees anything"
    );

    end(fixture, machine).await;
    for mut connection in [open, frozen, machine.connection().await] {
        let connection = &mut connection;
        if run(connection, "SELECT 1").await.is_err() {
            // The session has ended with the token.
            continue;
        }
        assert_eq!(visible(connection, "jobs").await, 0);
        assert_eq!(
            found(connection, "UPDATE jobs SET progress = '2'")
                .await
                .unwrap(),
            0
        );
        assert_eq!(
            found(connection, "UPDATE workers SET heartbeat_at = now()")
                .await
                .unwrap(),
            0
        );
    }
    let store = machine.new_store().await;
    let renewal = store
        .renew_lease(worker_id, WorkerState::Active, LEASE)
        .await;
    assert_eq!(renewal.unwrap(), LeaseRenewal::Lost);
    assert_eq!(
        store
            .complete(worker_id, &[completion(*own)])
            .await
            .unwrap(),
        []
    );
    let lines = [RunLogLine {
        run: *own,
        line: line(1, 1),
    }];
    assert_eq!(store.append_log(worker_id, &lines).await.unwrap(), 0);
    let again = crate::fixture::new_worker(WorkerId::generate());
    store.register(&again).await.unwrap_err();
}
