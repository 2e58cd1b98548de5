//! Closing an account: what ends, and who follows.

use gantry_domain::{DirectoryEvent, Role, TenantId, UserId};

use super::World;
use crate::directory::{ISSUER, ada, gone, joined, membership};
use crate::fixture::tenant;

fn ended_membership(external_id: &str) -> DirectoryEvent {
    DirectoryEvent::MembershipDeleted(membership(external_id))
}

fn gone_organization() -> DirectoryEvent {
    DirectoryEvent::OrganizationDeleted {
        external_id: "org_acme".to_owned(),
    }
}

#[tokio::test]
async fn a_tenant_that_a_departed_person_alone_belonged_to_is_closed() {
    let world = World::new().await;
    world
        .execute(&format!(
            "INSERT INTO users (id, issuer, subject) VALUES ('{bob}', 'x', 'bob');
             INSERT INTO tenants (id, issuer, external_id)
             VALUES ('{alone}', 'gantry', 'alone'), ('{both}', 'gantry', 'both');
             INSERT INTO memberships (tenant_id, user_id, role, source, accepted_at) VALUES
                ('{alone}', '{ada}', 'owner', 'gantry', now()), ('{both}', '{ada}', 'owner', 'gantry', now()),
                ('{both}', '{bob}', 'member', 'gantry', now())",
            bob = UserId::for_subject("x", "bob"),
            ada = ada(),
            alone = tenant("alone"),
            both = tenant("both"),
        ))
        .await;
    world.ada().request_deletion().await.unwrap();
    world.let_days_pass(31).await;
    world.close().await;
    let closed = "SELECT string_agg(external_id, ' ') FROM tenants WHERE deleted_at IS NOT NULL";
    assert_eq!(world.provider.text(closed).await.as_deref(), Some("alone"));
    let left = format!("memberships WHERE user_id = '{}'", ada());
    assert_eq!(world.count(&left).await, 0);
}

#[tokio::test]
async fn a_tenant_whose_last_owner_departs_is_owned_by_whoever_belonged_to_it_the_longest() {
    let world = World::new().await;
    let [old, new, admin] = ["old", "new", "admin"].map(|name| UserId::for_subject("x", name));
    world
        .execute(&format!(
            "INSERT INTO users (id, issuer, subject)
             VALUES ('{old}', 'x', 'old'), ('{new}', 'x', 'new'), ('{admin}', 'x', 'admin');
             INSERT INTO tenants (id, issuer, external_id)
             VALUES ('{led}', 'gantry', 'led'), ('{plain}', 'gantry', 'plain');
             INSERT INTO memberships (tenant_id, user_id, role, source, created_at, accepted_at) VALUES
                ('{led}', '{ada}', 'owner', 'gantry', now(), now()), ('{led}', '{old}', 'member', 'gantry', now() - interval '9 days', now()),
                ('{led}', '{admin}', 'admin', 'gantry', now(), now()),
                ('{plain}', '{ada}', 'owner', 'gantry', now(), now()), ('{plain}', '{new}', 'member', 'gantry', now(), now()),
                ('{plain}', '{old}', 'member', 'gantry', now() - interval '9 days', now())",
            ada = ada(),
            led = tenant("led"),
            plain = tenant("plain"),
        ))
        .await;
    world.ada().request_deletion().await.unwrap();
    world.let_days_pass(31).await;
    world.close().await;
    for (name, heir) in [("led", admin), ("plain", old)] {
        let owners = format!(
            "SELECT string_agg(user_id::text, ' ') FROM memberships WHERE role = 'owner' AND tenant_id = '{}'",
            tenant(name)
        );
        let owners = world.provider.text(&owners).await;
        assert_eq!(owners.as_deref(), Some(&*heir.to_string()), "{name}");
    }
    let told = "audit_events WHERE action = 'member.role_changed' AND actor_kind = 'gantry'
        AND substr(id::text, 15, 1) = '7' AND substr(id::text, 20, 1) IN ('8', '9', 'a', 'b')";
    assert_eq!(world.count(told).await, 2);
}

/// A tenant of Ada, Olaf and Mia, of whom the first two own it.
async fn shared_tenant(world: &World) -> [UserId; 2] {
    let [olaf, mia] = ["olaf", "mia"].map(|name| UserId::for_subject("x", name));
    world
        .execute(&format!(
            "INSERT INTO users (id, issuer, subject) VALUES ('{olaf}', 'x', 'olaf'), ('{mia}', 'x', 'mia');
             INSERT INTO tenants (id, issuer, external_id) VALUES ('{shared}', 'gantry', 'shared');
             INSERT INTO memberships (tenant_id, user_id, role, source, accepted_at) VALUES
                ('{shared}', '{ada}', 'owner', 'gantry', now()), ('{shared}', '{olaf}', 'owner', 'gantry', now()),
                ('{shared}', '{mia}', 'member', 'gantry', now())",
            ada = ada(),
            shared = tenant("shared"),
        ))
        .await;
    [olaf, mia]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_an_owner_who_departs_while_the_other_leaves_somebody_follows() {
    let world = World::new().await;
    let [olaf, mia] = shared_tenant(&world).await;
    world.ada().request_deletion().await.unwrap();
    world.let_days_pass(31).await;
    let leaving = format!(
        "SELECT FROM tenants WHERE id = '{}' FOR UPDATE; DELETE FROM memberships WHERE user_id = '{olaf}'",
        tenant("shared")
    );
    let held = world.hold(&leaving).await;
    let workers = &world.fixture().workers;
    let account = workers.next_account_to_close().await.unwrap().unwrap();
    let (closed, ()) = tokio::join!(workers.close_account(account), async {
        world.fixture().wait_for_a_lock().await;
        held.commit().await;
    });
    // On a busy machine it may have given up by then, and comes again.
    if closed.is_err() {
        workers.close_account(account).await.unwrap();
    }
    let owner = "SELECT user_id FROM memberships WHERE role = 'owner'";
    assert_eq!(world.provider.text(owner).await, Some(mia.to_string()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_locked_after_the_entry_that_notices_lock_first() {
    let world = World::new().await;
    world.ada().request_deletion().await.unwrap();
    world.let_days_pass(31).await;
    let held = world
        .hold("SELECT FROM directory_entries WHERE kind = 'user' FOR UPDATE")
        .await;
    let workers = &world.fixture().workers;
    let account = workers.next_account_to_close().await.unwrap().unwrap();
    let (closed, ()) = tokio::join!(workers.close_account(account), async {
        world.fixture().wait_for_a_lock().await;
        let second = world.hold("SELECT FROM account_deletions FOR UPDATE NOWAIT");
        second.await.commit().await;
        held.commit().await;
    });
    if closed.is_err() {
        workers.close_account(account).await.unwrap();
    }
    assert_eq!(
        world
            .count("account_deletions WHERE closed_at IS NOT NULL")
            .await,
        1
    );
}

/// A key and an invitation for a machine, of Ada's in a tenant.
async fn let_in(world: &World, tenant_id: TenantId) {
    let sql = "
        INSERT INTO api_keys (id, tenant_id, created_by, name, public_id, secret_digest, scopes, expires_at)
        VALUES (gen_random_uuid(), '{tenant}', '{ada}', 'key', 'abcdefghijklmnop', sha256('x'), '{jobs:read}',
            now() + interval '1 day');
        INSERT INTO enrol_tokens (id, tenant_id, queues, secret_hash, created_by, expires_at)
        VALUES (gen_random_uuid(), '{tenant}', '{q}', sha256('x'), '{ada}', now() + interval '1 hour')";
    let sql = sql.replace("{tenant}", &tenant_id.to_string());
    world
        .execute(&sql.replace("{ada}", &ada().to_string()))
        .await;
}

/// Who did what in the tenant, in the alphabet's order.
async fn entries(world: &World, tenant_id: TenantId) -> Option<String> {
    let sql = format!(
        "SELECT string_agg(actor_kind || ' ' || action, ', ' ORDER BY action) FROM audit_events WHERE tenant_id = '{tenant_id}'"
    );
    world.provider.text(&sql).await
}

#[tokio::test]
async fn every_end_that_a_closing_brings_is_audited_in_its_tenant() {
    let world = World::new().await;
    shared_tenant(&world).await;
    let_in(&world, tenant("shared")).await;
    let scope = world.fixture().api.tenant(tenant("alone"));
    scope.found("Alone", ada()).await.unwrap();
    world.execute("DELETE FROM audit_events").await;
    world.ada().request_deletion().await.unwrap();
    world.let_days_pass(31).await;
    world.close().await;
    let ended = "gantry api_key.revoked, gantry enrol_token.withdrawn, gantry member.removed";
    assert_eq!(
        entries(&world, tenant("shared")).await.as_deref(),
        Some(ended)
    );
    let alone = "gantry member.removed, gantry tenant.deleted";
    assert_eq!(
        entries(&world, tenant("alone")).await.as_deref(),
        Some(alone)
    );
    let account = format!(
        "audit_events WHERE action = 'account.deleted' AND tenant_id IS NULL AND resource_id = '{}'",
        ada()
    );
    assert_eq!(world.count(&account).await, 1);
}

#[tokio::test]
async fn every_end_that_the_provider_brings_is_audited_in_its_tenant() {
    let ended = "provider api_key.revoked, provider enrol_token.withdrawn, provider member.removed";
    let removed = [
        gone("ada"),
        ended_membership("orgmem_1"),
        gone_organization(),
    ];
    for event in removed {
        let world = World::new().await;
        let organization = TenantId::for_organization(ISSUER, "org_acme");
        world
            .provider
            .tell(2, joined("orgmem_1", Role::Member))
            .await;
        let_in(&world, organization).await;
        world.execute("DELETE FROM audit_events").await;
        let is_end_of_tenant = event == gone_organization();
        world.provider.tell(5, event).await;
        let expected = if is_end_of_tenant {
            format!("{ended}, provider tenant.deleted")
        } else {
            ended.to_owned()
        };
        assert_eq!(entries(&world, organization).await, Some(expected));
    }
}
