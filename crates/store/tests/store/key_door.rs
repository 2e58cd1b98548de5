//! The door through which the API finds out whose a key is: it shows the one key that was named.

use gantry_domain::{ApiKeySummary, TenantId};
use gantry_store::{ApiKeyCreation, MakerStanding, NewApiKey};

use crate::fixture::{Fixture, user};
use crate::row_security::{connection_as, found, run, two_tenants, visible};

async fn key(fixture: &Fixture, tenant_id: TenantId, public_id: &str) -> ApiKeySummary {
    let new = NewApiKey {
        created_by: user("ada"),
        standing: MakerStanding::OwnSpace,
        name: "ours".to_owned(),
        public_id: public_id.to_owned(),
        secret_digest: [7; 32],
        scopes: vec!["jobs:read".to_owned()],
        expires_in_days: 1,
    };
    let created = fixture.api.tenant(tenant_id).create_api_key(&new).await;
    match created.unwrap() {
        ApiKeyCreation::Made(key) => key,
        refused => panic!("{refused:?}"),
    }
}

/// Two tenants, in each of which the same person made a key.
async fn two_keys() -> (Fixture, [TenantId; 2], [ApiKeySummary; 2]) {
    let (fixture, tenants) = two_tenants().await;
    let keys = [
        key(&fixture, tenants[0], "1111111111111111").await,
        key(&fixture, tenants[1], "2222222222222222").await,
    ];
    (fixture, tenants, keys)
}

#[tokio::test]
async fn a_key_is_found_by_its_public_part_alone_and_with_its_maker() {
    let (fixture, [own, _], [key, _]) = two_keys().await;
    let found = fixture.api.find_api_key("1111111111111111").await.unwrap();
    let found = found.expect("the key is there");
    assert_eq!((found.id, found.tenant_id), (key.id, own));
    assert_eq!(found.user_id, user("ada"));
    assert_eq!(found.secret_digest, [7; 32]);
    let unknown = fixture.api.find_api_key("3333333333333333").await.unwrap();
    assert!(unknown.is_none());
}

#[tokio::test]
async fn the_key_door_shows_the_key_that_was_named_and_changes_nothing() {
    let (fixture, _, _) = two_keys().await;
    let mut api = connection_as(&fixture, "gantry_api", Some("key")).await;
    for (named, keys, people) in [
        (None, 0, 0),
        (Some("3333333333333333"), 0, 0),
        (Some("%"), 0, 0),
        (Some("1111111111111111"), 1, 1),
    ] {
        if let Some(named) = named {
            run(&mut api, &format!("SET app.key_public_id = '{named}'"))
                .await
                .unwrap();
        }
        assert_eq!(visible(&mut api, "api_keys").await, keys, "{named:?}");
        assert_eq!(visible(&mut api, "users").await, people, "{named:?}");
    }
    for table in ["tenants", "jobs", "memberships", "audit_events"] {
        assert_eq!(visible(&mut api, table).await, 0, "{table}");
    }
    let revoke = "UPDATE api_keys SET revoked_at = now()";
    assert_eq!(found(&mut api, revoke).await.unwrap(), 0);
    // Without the door, its name alone opens nothing.
    let mut other = connection_as(&fixture, "gantry_api", None).await;
    run(&mut other, "SET app.key_public_id = '1111111111111111'")
        .await
        .unwrap();
    assert_eq!(visible(&mut other, "api_keys").await, 0);
    let mut worker = connection_as(&fixture, "gantry_worker", Some("key")).await;
    let read = "SELECT secret_digest FROM api_keys";
    run(&mut worker, read).await.expect_err(read);
}

#[tokio::test]
async fn a_tenant_sees_and_revokes_its_own_keys_and_changes_nothing_else_of_them() {
    let (fixture, [own, other], _) = two_keys().await;
    let mut api = connection_as(&fixture, "gantry_api", None).await;
    assert_eq!(visible(&mut api, "api_keys").await, 0);
    run(&mut api, &format!("SET app.tenant_id = '{own}'"))
        .await
        .unwrap();
    assert_eq!(visible(&mut api, "api_keys").await, 1);
    for denied in [
        "UPDATE api_keys SET scopes = ARRAY['tenant:manage']".to_owned(),
        "UPDATE api_keys SET expires_at = now() + interval '10 years'".to_owned(),
        "UPDATE api_keys SET secret_digest = decode(repeat('00', 32), 'hex')".to_owned(),
        format!("UPDATE api_keys SET tenant_id = '{other}'"),
        "DELETE FROM api_keys".to_owned(),
        format!(
            "INSERT INTO api_keys (id, tenant_id, created_by, name, public_id, secret_digest, scopes, expires_at)
             SELECT gen_random_uuid(), '{other}', created_by, name, '4444444444444444', secret_digest, scopes, expires_at
             FROM api_keys"
        ),
    ] {
        run(&mut api, &denied).await.expect_err(&denied);
    }
    let revoke = "UPDATE api_keys SET revoked_at = now()";
    assert_eq!(found(&mut api, revoke).await.unwrap(), 1);
}

#[tokio::test]
async fn the_end_of_a_membership_ends_the_keys_of_that_person_in_that_tenant() {
    let (fixture, [own, other], _) = two_keys().await;
    let person = user("ada");
    for tenant_id in [own, other] {
        fixture
            .database
            .execute(&format!(
                "INSERT INTO memberships (tenant_id, user_id, role, source)
                 VALUES ('{tenant_id}', '{person}', 'member', 'gantry')"
            ))
            .await;
    }
    let mut api = connection_as(&fixture, "gantry_api", None).await;
    run(&mut api, &format!("SET app.tenant_id = '{own}'"))
        .await
        .unwrap();
    let end = "DELETE FROM memberships";
    assert_eq!(found(&mut api, end).await.unwrap(), 1);
    let revoked = "SELECT count(*) FROM api_keys WHERE revoked_at IS NOT NULL AND tenant_id = ";
    for (tenant_id, count) in [(own, 1), (other, 0)] {
        let sql = format!("{revoked}'{tenant_id}'");
        assert_eq!(fixture.database.number(&sql).await, count);
    }
}
