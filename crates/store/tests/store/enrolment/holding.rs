//! What a machine holds in a transaction that it leaves open holds up nobody else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gantry_domain::Role;
use gantry_store::{LoginClosing, PartitionDrop};
use gantry_testkit::eventually;
use tokio::task::JoinSet;

use super::machine::Machine;
use super::world::{World, world};
use crate::fixture::{Fixture, tenant, user};
use crate::row_security::{connection_as, run, signed_in, visible};

const STOPPED: &str =
    "SELECT count(*) FROM workers WHERE token_id IS NOT NULL AND state = 'stopped'";

#[tokio::test]
async fn a_machine_is_put_out_whatever_it_holds() {
    let world = world().await;
    let World {
        fixture, machine, ..
    } = &world;
    machine.worker().await;
    let mut hand = machine.connection().await;
    run(&mut hand, "BEGIN; SELECT FROM workers FOR UPDATE")
        .await
        .unwrap();
    let scope = fixture.api.tenant(fixture.tenant_id);
    scope
        .revoke_worker_token(machine.token.id, user("ada"))
        .await
        .unwrap();
    run(&mut hand, "SELECT 1")
        .await
        .expect_err("its sessions have ended");
    assert_eq!(fixture.database.number(STOPPED).await, 1);
}

#[tokio::test]
async fn a_tenant_is_deleted_whatever_its_machines_hold() {
    let fixture = Fixture::new().await;
    fixture.worker().await;
    let scope = fixture.api.tenant(fixture.tenant_id);
    let ada = signed_in(tenant("home"), "ada");
    fixture.api.remember(&ada).await.unwrap();
    scope.found("Acme", user("ada")).await.unwrap();
    let machine = Machine::enrolled(&fixture, fixture.tenant_id, "own-gpu").await;
    machine.worker().await;
    let mut hand = machine.connection().await;
    run(&mut hand, "BEGIN; SELECT FROM workers FOR UPDATE")
        .await
        .unwrap();
    let by = (user("ada"), "ada", Role::Owner);
    scope.delete_tenant(by).await.unwrap();
    scope.cut_off_revoked_machines().await.unwrap();
    assert_eq!(fixture.database.number(STOPPED).await, 1);
}

#[tokio::test]
async fn a_transaction_of_a_machine_that_lasts_too_long_is_ended_with_its_session() {
    let world = world().await;
    let World {
        fixture, machine, ..
    } = &world;
    let mut long = machine.connection().await;
    run(&mut long, "BEGIN; SELECT FROM jobs").await.unwrap();
    let mut idle = machine.connection().await;
    run(&mut idle, "SELECT FROM jobs").await.unwrap();
    let mut operators = fixture.database.connection().await;
    run(&mut operators, "BEGIN; SELECT FROM jobs")
        .await
        .unwrap();
    let end = |seconds| {
        fixture
            .api
            .end_machines_transactions(Duration::from_secs(seconds))
    };
    assert_eq!(end(60).await.unwrap(), 0);
    assert_eq!(end(0).await.unwrap(), 1);
    run(&mut long, "SELECT 1")
        .await
        .expect_err("its session has ended");
    run(&mut idle, "SELECT 1").await.unwrap();
    run(&mut operators, "SELECT 1").await.unwrap();
}

#[tokio::test]
async fn partitions_are_dropped_whatever_a_machine_holds() {
    let world = world().await;
    let World {
        fixture,
        machine,
        own,
        ..
    } = &world;
    let partition = fixture.partition_of(15).await;
    let worker_id = machine.worker().await;
    machine.claim(worker_id, *own).await.unwrap();
    let mut hand = machine.connection().await;
    let hold = "BEGIN; INSERT INTO job_logs (job_id, attempt, seq, tenant_id, at, stream, level, text)
        SELECT id, attempt, 1, tenant_id, now(), 'stdout', 'info', 'x' FROM jobs WHERE state = 'running'";
    run(&mut hand, hold).await.unwrap();
    let dropped = fixture.drop_partition(&partition).await;
    assert_eq!(dropped, PartitionDrop::Dropped);
    for denied in ["ROW EXCLUSIVE", "SHARE", "ACCESS EXCLUSIVE"] {
        let mut hand = machine.connection().await;
        let lock = format!("BEGIN; LOCK TABLE job_logs, jobs, workers IN {denied} MODE");
        run(&mut hand, &lock).await.expect_err(denied);
    }
}

/// A change of its own login that it does not commit keeps others from changing that.
const HOLD_LOGIN: &str = "BEGIN; ALTER ROLE CURRENT_USER PASSWORD 'x'";

#[tokio::test]
async fn a_login_is_taken_away_whatever_its_machine_holds() {
    let fixture = Fixture::new().await;
    let machine = Machine::enrolled(&fixture, fixture.tenant_id, "own-gpu").await;
    let scope = fixture.api.tenant(fixture.tenant_id);
    scope
        .revoke_worker_token(machine.token.id, user("ada"))
        .await
        .unwrap();
    let mut hand = machine.connection().await;
    run(&mut hand, HOLD_LOGIN).await.unwrap();
    let ended = fixture.api.take_up_ended_worker_tokens(Duration::ZERO, 10);
    let ended = ended.await.unwrap();
    let closing = fixture.api.close_worker_token(ended[0]).await;
    assert_eq!(closing.unwrap(), LoginClosing::Dropped);
    run(&mut hand, "SELECT 1")
        .await
        .expect_err("its sessions have ended");
}

/// The login is shut for nobody before that is committed, and whoever comes in until then is seen only afterwards.
#[tokio::test]
async fn a_session_that_began_while_its_login_was_shut_ends_before_the_login_is_dropped() {
    let fixture = Fixture::new().await;
    let machine = Machine::enrolled(&fixture, fixture.tenant_id, "own-gpu").await;
    let scope = fixture.api.tenant(fixture.tenant_id);
    scope
        .revoke_worker_token(machine.token.id, user("ada"))
        .await
        .unwrap();
    let mut api = connection_as(&fixture, "gantry_api", Some("close")).await;
    run(
        &mut api,
        "BEGIN; SELECT shut_enrolled_login(id) FROM worker_tokens",
    )
    .await
    .unwrap();
    let mut hand = machine.connection().await;
    run(&mut api, "COMMIT").await.unwrap();
    machine
        .try_to_connect()
        .await
        .expect_err("nobody comes in any more");
    run(&mut hand, "SELECT 1").await.unwrap();
    let ended = fixture.api.take_up_ended_worker_tokens(Duration::ZERO, 10);
    let ended = ended.await.unwrap();
    let closing = fixture.api.close_worker_token(ended[0]).await;
    assert_eq!(closing.unwrap(), LoginClosing::Dropped);
    run(&mut hand, "SELECT 1")
        .await
        .expect_err("its session has ended");
}

/// Who comes in between the end of the sessions and that of the login would stay as long as they like.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_session_outlives_the_login_of_a_machine_that_comes_back_again_and_again() {
    let fixture = Fixture::new().await;
    let machine = Machine::enrolled(&fixture, fixture.tenant_id, "own-gpu").await;
    let scope = fixture.api.tenant(fixture.tenant_id);
    scope
        .revoke_worker_token(machine.token.id, user("ada"))
        .await
        .unwrap();
    let is_dropped = Arc::new(AtomicBool::new(false));
    let mut hands = JoinSet::new();
    for _ in 0..3 {
        let (machine, is_dropped) = (machine.clone(), Arc::clone(&is_dropped));
        hands.spawn(async move {
            while !is_dropped.load(Ordering::Relaxed) {
                // Whatever fails was broken off.
                if let Ok(mut hand) = machine.try_to_connect().await {
                    let _ = run(&mut hand, HOLD_LOGIN).await;
                    let _ = run(&mut hand, "SELECT pg_sleep_for('60 s')").await;
                }
            }
        });
    }
    eventually(Duration::from_secs(60), async || {
        let ended = fixture.api.take_up_ended_worker_tokens(Duration::ZERO, 10);
        let ended = ended.await.unwrap();
        match fixture.api.close_worker_token(ended[0]).await.unwrap() {
            LoginClosing::Dropped => Ok(()),
            other => Err(other),
        }
    })
    .await;
    is_dropped.store(true, Ordering::Relaxed);
    hands.join_all().await;
    let of_nobody = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND usesysid IS NOT NULL AND usename IS NULL";
    assert_eq!(fixture.database.number(of_nobody).await, 0);
}

#[tokio::test]
async fn every_ended_token_has_its_turn_however_many_cannot_be_closed() {
    let fixture = Fixture::new().await;
    let scope = fixture.api.tenant(fixture.tenant_id);
    let mut revoked = Vec::new();
    for _ in 0..3 {
        let machine = Machine::enrolled(&fixture, fixture.tenant_id, "own-gpu").await;
        let id = machine.token.id;
        scope.revoke_worker_token(id, user("ada")).await.unwrap();
        revoked.push(id);
    }
    let mut taken_up = Vec::new();
    for _ in &revoked {
        let ended = fixture.api.take_up_ended_worker_tokens(Duration::ZERO, 1);
        taken_up.push(ended.await.unwrap()[0].id);
    }
    taken_up.sort_unstable();
    assert_eq!(taken_up, revoked);
    let again = fixture.api.take_up_ended_worker_tokens(Duration::ZERO, 10);
    assert_eq!(again.await.unwrap().len(), 3, "none was closed");
}

/// Its own job is taken back by the lease alone, which the machine cannot hold.
#[tokio::test]
async fn jobs_of_lost_workers_are_rescued_whatever_a_machine_holds() {
    let world = world().await;
    let World {
        fixture,
        machine,
        own,
        elsewhere,
        ..
    } = &world;
    let lost = fixture.worker().await;
    fixture.claim(lost, *elsewhere).await.unwrap();
    let worker_id = machine.worker().await;
    machine.claim(worker_id, *own).await.unwrap();
    let mut hand = machine.connection().await;
    let nearly_over =
        "UPDATE workers SET heartbeat_at = now(), lease_expires_at = now() + interval '1500 ms'";
    run(&mut hand, nearly_over).await.unwrap();
    run(&mut hand, "BEGIN").await.unwrap();
    let held = visible(&mut hand, "(SELECT FROM workers FOR UPDATE) AS held").await;
    assert_eq!(held, 1);
    let over =
        "SELECT count(*) FROM workers WHERE token_id IS NOT NULL AND lease_expires_at <= now()";
    eventually(Duration::from_secs(20), async || {
        match fixture.database.number(over).await {
            1 => Ok(()),
            count => Err(count),
        }
    })
    .await;
    fixture.end_lease(lost).await;
    assert!(fixture.workers.mark_lost_workers().await.unwrap());
    let rescued = fixture.workers.rescue_lost(10).await.unwrap();
    let mut rescued: Vec<_> = rescued.iter().map(|job| job.job_id).collect();
    rescued.sort_unstable();
    assert_eq!(rescued, [own.job_id, elsewhere.job_id]);
}
