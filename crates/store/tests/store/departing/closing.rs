//! Closing an account: what ends, and who follows.

use gantry_domain::UserId;

use super::World;
use crate::directory::ada;
use crate::fixture::tenant;

#[tokio::test]
async fn a_tenant_that_a_departed_person_alone_belonged_to_is_closed() {
    let world = World::new().await;
    world
        .execute(&format!(
            "INSERT INTO users (id, issuer, subject) VALUES ('{bob}', 'x', 'bob');
             INSERT INTO tenants (id, issuer, external_id)
             VALUES ('{alone}', 'gantry', 'alone'), ('{both}', 'gantry', 'both');
             INSERT INTO memberships (tenant_id, user_id, role, source) VALUES
                ('{alone}', '{ada}', 'owner', 'gantry'), ('{both}', '{ada}', 'owner', 'gantry'),
                ('{both}', '{bob}', 'member', 'gantry')",
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
             INSERT INTO memberships (tenant_id, user_id, role, source, created_at) VALUES
                ('{led}', '{ada}', 'owner', 'gantry', now()), ('{led}', '{old}', 'member', 'gantry', now() - interval '9 days'),
                ('{led}', '{admin}', 'admin', 'gantry', now()),
                ('{plain}', '{ada}', 'owner', 'gantry', now()), ('{plain}', '{new}', 'member', 'gantry', now()),
                ('{plain}', '{old}', 'member', 'gantry', now() - interval '9 days')",
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
