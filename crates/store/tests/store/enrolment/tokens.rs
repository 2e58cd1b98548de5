//! The life of the tokens: minted for queues of the tenant's own, used once, renewed, revoked and closed.

use std::time::Duration;

use gantry_domain::WorkerTokenState;
use gantry_store::{EnrolOutcome, LoginClosing, MintOutcome, RenewOutcome, RevokeOutcome};
use tokio::task::JoinSet;

use super::machine::{
    Machine, by_a_machine, mint, new_enrol_token, new_worker_token, queue_named, queued_in,
};
use crate::fixture::{Fixture, new_job, new_schedule, tenant, user};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_that_come_with_one_token_at_once_one_is_let_in() {
    let fixture = Fixture::new().await;
    let (_, hash) = mint(&fixture.api, fixture.tenant_id, "own-gpu").await;
    let mut tries = JoinSet::new();
    for _ in 0..50 {
        let api = fixture.api.clone();
        tries.spawn(async move {
            api.enroll(&hash, &new_worker_token(), &by_a_machine())
                .await
                .unwrap()
        });
    }
    let outcomes = tries.join_all().await;
    let is_in = |outcome: &&EnrolOutcome| matches!(outcome, EnrolOutcome::Enrolled(_));
    assert_eq!(outcomes.iter().filter(is_in).count(), 1);
    assert!(outcomes.contains(&EnrolOutcome::Refused));
    assert_eq!(fixture.count_of("worker_tokens").await, 1);
    let tokens = fixture.api.tenant(fixture.tenant_id).enrol_tokens().await;
    assert_eq!(tokens.unwrap(), []);
}

#[tokio::test]
async fn a_token_that_is_unknown_withdrawn_or_too_old_lets_nobody_in() {
    let fixture = Fixture::new().await;
    let scope = fixture.api.tenant(fixture.tenant_id);
    let (withdrawn, withdrawn_hash) = mint(&fixture.api, fixture.tenant_id, "own-gpu").await;
    let other = fixture.api.tenant(tenant("other"));
    assert!(!other.withdraw_enrol_token(withdrawn.id).await.unwrap());
    assert!(scope.withdraw_enrol_token(withdrawn.id).await.unwrap());
    assert!(!scope.withdraw_enrol_token(withdrawn.id).await.unwrap());
    let (_, old_hash) = mint(&fixture.api, fixture.tenant_id, "own-gpu").await;
    fixture
        .database
        .execute("UPDATE enrol_tokens SET expires_at = now() - interval '1 s'")
        .await;
    for hash in [[0; 32], withdrawn_hash, old_hash] {
        let refused = fixture
            .api
            .enroll(&hash, &new_worker_token(), &by_a_machine())
            .await;
        assert_eq!(refused.unwrap(), EnrolOutcome::Refused);
    }
}

#[tokio::test]
async fn a_queue_that_anybody_else_uses_cannot_be_claimed() {
    let fixture = Fixture::new().await;
    let other = tenant("other");
    fixture.worker().await;
    queued_in(&fixture, other, "of-a-job").await;
    let mut later = new_job(other);
    later.queue = queue_named("of-a-later-job");
    later.run_at = Some(chrono::Utc::now() + Duration::from_secs(3_600));
    fixture.submit(later).await;
    let mut schedule = new_schedule("nightly");
    schedule.terms.queue = queue_named("of-a-schedule");
    fixture
        .api
        .tenant(other)
        .create_schedule(&schedule)
        .await
        .unwrap();
    mint(&fixture.api, other, "of-the-other").await;
    let used = [
        "default",
        "of-a-job",
        "of-a-later-job",
        "of-a-schedule",
        "of-the-other",
    ];
    let wish = new_enrol_token(&[&used[..], &["free"]].concat());
    let scope = fixture.api.tenant(fixture.tenant_id);
    let taken = used.map(queue_named).to_vec();
    let outcome = scope.mint_enrol_token(&wish).await.unwrap();
    assert_eq!(outcome, MintOutcome::QueuesTaken(taken));
    assert_eq!(fixture.count_of("enrol_tokens").await, 1);
    let owners = fixture.api.queue_owners().await.unwrap();
    assert_eq!(owners.len(), 1, "a refused wish claims nothing");
    assert_eq!(owners[&queue_named("of-the-other")], other);
}

#[tokio::test]
async fn a_queue_can_be_named_by_any_number_of_tokens_of_its_tenant() {
    let fixture = Fixture::new().await;
    queued_in(&fixture, fixture.tenant_id, "own-gpu").await;
    mint(&fixture.api, fixture.tenant_id, "own-gpu").await;
    mint(&fixture.api, fixture.tenant_id, "own-gpu").await;
    let tokens = fixture.api.tenant(fixture.tenant_id).enrol_tokens().await;
    assert_eq!(tokens.unwrap().len(), 2);
}

#[tokio::test]
async fn a_token_is_renewed_until_it_has_ended_and_tells_how_it_ended() {
    let fixture = Fixture::new().await;
    let machine = Machine::enrolled(&fixture, fixture.tenant_id, "own-gpu").await;
    let origin = by_a_machine();
    let renew = || {
        fixture
            .api
            .renew_worker_token(&machine.secret_hash, &origin)
    };
    let RenewOutcome::Renewed(renewed) = renew().await.unwrap() else {
        panic!("the token is valid");
    };
    assert_eq!(renewed, machine.token, "it was new");
    let age = "UPDATE worker_tokens SET renewed_at = now() - interval '2 hours', expires_at = now() + interval '1 s'";
    fixture.database.execute(age).await;
    let RenewOutcome::Renewed(renewed) = renew().await.unwrap() else {
        panic!("the token is valid");
    };
    assert!(renewed.expires_at > machine.token.expires_at);
    assert_eq!(renewed.queues, machine.token.queues);
    let standing = machine.store.token_state().await.unwrap();
    assert_eq!(standing, Some(WorkerTokenState::Valid));
    let expire = "UPDATE worker_tokens SET expires_at = now() - interval '1 s'";
    fixture.database.execute(expire).await;
    assert_eq!(renew().await.unwrap(), RenewOutcome::Expired);
    let standing = machine.store.token_state().await.unwrap();
    assert_eq!(standing, Some(WorkerTokenState::Expired));
    let scope = fixture.api.tenant(fixture.tenant_id);
    scope
        .revoke_worker_token(machine.token.id, user("ada"))
        .await
        .unwrap();
    assert_eq!(renew().await.unwrap(), RenewOutcome::Revoked);
    let standing = machine.new_store().await.token_state().await.unwrap();
    assert_eq!(standing, Some(WorkerTokenState::Revoked));
    let unknown = fixture.api.renew_worker_token(&[0; 32], &origin).await;
    assert_eq!(unknown.unwrap(), RenewOutcome::Unknown);
}

#[tokio::test]
async fn only_its_own_tenant_sees_and_revokes_a_machine() {
    let fixture = Fixture::new().await;
    let machine = Machine::enrolled(&fixture, fixture.tenant_id, "own-gpu").await;
    fixture.worker().await;
    let worker_id = machine.worker().await;
    let other = fixture.api.tenant(tenant("other"));
    assert_eq!(other.worker_tokens().await.unwrap(), []);
    assert_eq!(other.workers().await.unwrap().len(), 1);
    let vain = other
        .revoke_worker_token(machine.token.id, user("bob"))
        .await;
    assert_eq!(vain.unwrap(), RevokeOutcome::NotFound);
    let scope = fixture.api.tenant(fixture.tenant_id);
    assert_eq!(scope.workers().await.unwrap()[0].id, worker_id);
    let tokens = scope.worker_tokens().await.unwrap();
    assert_eq!(tokens[0].state, WorkerTokenState::Valid);
    assert_eq!(tokens[0].name, "bench-7");
}

/// The login goes with its sessions, and nothing is left of it that another database's user could meet.
#[tokio::test]
async fn the_login_of_an_ended_token_is_taken_away() {
    let fixture = Fixture::new().await;
    let revoked = Machine::enrolled(&fixture, fixture.tenant_id, "own-gpu").await;
    let valid = Machine::enrolled(&fixture, fixture.tenant_id, "own-gpu").await;
    let mut session = revoked.connection().await;
    let ended = || fixture.api.take_up_ended_worker_tokens(Duration::ZERO, 10);
    assert_eq!(ended().await.unwrap(), []);
    let scope = fixture.api.tenant(fixture.tenant_id);
    scope
        .revoke_worker_token(revoked.token.id, user("ada"))
        .await
        .unwrap();
    let later = fixture
        .api
        .take_up_ended_worker_tokens(Duration::from_secs(60), 10);
    assert_eq!(
        later.await.unwrap(),
        [],
        "its worker is to hear of it first"
    );
    let token = ended().await.unwrap().pop().unwrap();
    assert_eq!(token.id, revoked.token.id);
    let closing = fixture.api.close_worker_token(token).await;
    assert_eq!(closing.unwrap(), LoginClosing::Dropped);
    assert_eq!(ended().await.unwrap(), []);
    sqlx::raw_sql("SELECT 1")
        .execute(&mut session)
        .await
        .unwrap_err();
    let left = format!(
        "SELECT count(*) FROM pg_roles WHERE rolname = '{}'",
        revoked.token.login
    );
    assert_eq!(fixture.database.number(&left).await, 0);
    valid.store.check().await.unwrap();
}

/// The API may end logins of machines whose token has ended, and no others.
#[tokio::test]
async fn a_valid_token_cannot_be_closed() {
    let fixture = Fixture::new().await;
    let machine = Machine::enrolled(&fixture, fixture.tenant_id, "own-gpu").await;
    let mut api = crate::row_security::connection_as(&fixture, "gantry_api", Some("close")).await;
    let close = "UPDATE worker_tokens SET closed_at = now()";
    let found = crate::row_security::found(&mut api, close).await;
    assert_eq!(found.unwrap(), 0);
    machine.store.check().await.unwrap();
}

#[tokio::test]
async fn what_becomes_of_tokens_stands_in_the_audit_log() {
    let fixture = Fixture::new().await;
    let machine = Machine::enrolled(&fixture, fixture.tenant_id, "own-gpu").await;
    let age = "UPDATE worker_tokens SET renewed_at = now() - interval '2 hours'";
    fixture.database.execute(age).await;
    let renewed = fixture
        .api
        .renew_worker_token(&machine.secret_hash, &by_a_machine())
        .await;
    assert!(matches!(renewed.unwrap(), RenewOutcome::Renewed(_)));
    let scope = fixture.api.tenant(fixture.tenant_id);
    let (unused, _) = mint(&fixture.api, fixture.tenant_id, "own-gpu").await;
    scope.withdraw_enrol_token(unused.id).await.unwrap();
    scope
        .revoke_worker_token(machine.token.id, user("ada"))
        .await
        .unwrap();
    let actions =
        "SELECT string_agg(action || ' ' || actor_kind, ', ' ORDER BY id) FROM audit_events";
    let expected = "enrol_token.minted gantry, worker_token.issued worker, worker_token.renewed worker, \
        enrol_token.minted gantry, enrol_token.withdrawn gantry, worker_token.revoked gantry";
    assert_eq!(
        fixture.database.text(actions).await.as_deref(),
        Some(expected)
    );
}

#[tokio::test]
async fn the_machines_of_a_tenant_end_with_it() {
    let fixture = Fixture::new().await;
    let scope = fixture.api.tenant(fixture.tenant_id);
    let ada = crate::row_security::signed_in(tenant("home"), "ada");
    fixture.api.remember(&ada).await.unwrap();
    scope.found("Acme", user("ada")).await.unwrap();
    let machine = Machine::enrolled(&fixture, fixture.tenant_id, "own-gpu").await;
    let (_, unused) = mint(&fixture.api, fixture.tenant_id, "own-gpu").await;
    scope
        .delete_tenant((user("ada"), "ada", gantry_domain::Role::Owner))
        .await
        .unwrap();
    let standing = machine.store.token_state().await.unwrap();
    assert_eq!(standing, Some(WorkerTokenState::Revoked));
    let refused = fixture
        .api
        .enroll(&unused, &new_worker_token(), &by_a_machine())
        .await;
    assert_eq!(refused.unwrap(), EnrolOutcome::Refused);
}
