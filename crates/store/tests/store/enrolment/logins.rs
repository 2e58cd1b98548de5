//! The logins of machines: each by itself, made and dropped with the owner's rights.

use std::time::Duration;

use gantry_domain::{TenantId, WorkerState};
use gantry_store::LoginClosing;
use tokio::task::JoinSet;

use super::machine::{Machine, queued_in};
use super::owner::{remove_owner, with_plain_owner};
use crate::fixture::{Fixture, LEASE, completion, new_job, tenant, user};
use crate::row_security::{run, visible};

/// Each machine has a login of its own, so none is at another's mercy.
#[tokio::test]
async fn a_machine_neither_reads_nor_ends_the_sessions_of_another() {
    let fixture = Fixture::new().await;
    let machine = Machine::enrolled(&fixture, fixture.tenant_id, "own-gpu").await;
    let neighbour = Machine::enrolled(&fixture, tenant("other"), "their-gpu").await;
    let mut session = neighbour.connection().await;
    let mut hand = machine.connection().await;
    let login = &neighbour.token.login;
    let readable =
        format!("SELECT FROM pg_stat_activity WHERE usename = '{login}' AND query NOT LIKE '<%'");
    assert_eq!(
        visible(&mut hand, &format!("({readable}) AS readable")).await,
        0
    );
    for denied in [
        format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{login}'"),
        format!("ALTER ROLE {login} PASSWORD 'x'"),
        format!("SET ROLE {login}"),
        "ALTER ROLE gantry_enrolled SET statement_timeout = 1".to_owned(),
        "CREATE TABLE public.anything ()".to_owned(),
    ] {
        run(&mut hand, &denied).await.expect_err(&denied);
    }
    run(&mut session, "SELECT 1").await.unwrap();
}

/// Postgres has few connections, and they are everyone's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_may_hold_six_connections_and_its_worker_needs_half_of_them() {
    let fixture = Fixture::new().await;
    fixture.worker().await;
    let machine = Machine::enrolled(&fixture, fixture.tenant_id, "own-gpu").await;
    let worker_id = machine.worker().await;
    let mut statements = JoinSet::new();
    for _ in 0..20 {
        let store = machine.store.clone();
        statements.spawn(async move { store.token_state().await.unwrap() });
    }
    let renewal = machine
        .store
        .renew_lease(worker_id, WorkerState::Active, LEASE);
    renewal.await.unwrap();
    statements.join_all().await;
    let sessions = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE usename = '{}'",
        machine.token.login
    );
    assert_eq!(fixture.database.number(&sessions).await, 3);
    let mut hands = Vec::new();
    let refused = loop {
        match machine.try_to_connect().await {
            Ok(hand) => hands.push(hand),
            Err(refused) => break refused,
        }
    };
    assert_eq!(hands.len(), 3);
    assert!(refused.to_string().contains("too many"), "{refused}");
}

#[tokio::test]
async fn an_owner_without_superuser_rights_lets_machines_in_and_puts_them_out() {
    let fixture = Fixture::new().await;
    let owner = with_plain_owner(&fixture).await;
    let tenant_id: TenantId = fixture.tenant_id;
    fixture.worker().await;
    let machine = Machine::enrolled(&fixture, tenant_id, "own-gpu").await;
    let own = queued_in(&fixture, tenant_id, "own-gpu").await;
    fixture.submit(new_job(tenant_id)).await;
    let worker_id = machine.worker().await;
    let mut long = machine.connection().await;
    run(&mut long, "BEGIN; SELECT FROM jobs").await.unwrap();
    let ended = fixture.api.end_machines_transactions(Duration::ZERO).await;
    assert_eq!(ended.unwrap(), 1);
    let mut hand = machine.connection().await;
    assert_eq!(visible(&mut hand, "jobs").await, 1);
    machine.claim(worker_id, own).await.unwrap();
    let ended = machine.store.complete(worker_id, &[completion(own)]).await;
    assert_eq!(ended.unwrap().len(), 1);
    let scope = fixture.api.tenant(tenant_id);
    scope
        .revoke_worker_token(machine.token.id, user("ada"))
        .await
        .unwrap();
    run(&mut hand, "SELECT 1")
        .await
        .expect_err("its sessions have ended");
    let ended = fixture
        .api
        .take_up_ended_worker_tokens(Duration::ZERO, 10)
        .await
        .unwrap();
    let closing = fixture.api.close_worker_token(ended[0]).await;
    assert_eq!(closing.unwrap(), LoginClosing::Dropped);
    remove_owner(&fixture, &owner).await;
}
