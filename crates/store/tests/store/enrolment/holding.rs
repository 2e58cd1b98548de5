//! What a machine holds in a transaction that it leaves open holds up nobody else.

use std::time::Duration;

use gantry_domain::Role;
use gantry_testkit::eventually;

use super::machine::Machine;
use super::world::{World, world};
use crate::fixture::{Fixture, tenant, user};
use crate::row_security::{run, signed_in, visible};

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
