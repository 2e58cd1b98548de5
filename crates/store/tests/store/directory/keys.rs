//! The keys of someone whom the identity provider lets go.

use gantry_domain::{ApiKeyId, MembershipId, Role, TenantId};
use gantry_store::{ApiKeyCreation, MakerStanding, NewApiKey};

use super::{Provider, ada, applied, changed, gone, joined, left, own_space, person};
use crate::row_security::{connection_as, run, visible};

fn new_key(public_id: &str, standing: MakerStanding) -> NewApiKey {
    NewApiKey {
        created_by: ada(),
        standing,
        name: "ours".to_owned(),
        public_id: public_id.to_owned(),
        secret_digest: [7; 32],
        scopes: vec!["jobs:read".to_owned()],
        expires_in_days: 1,
    }
}

/// A key of Ada's in a tenant.
async fn key(provider: &Provider, tenant_id: TenantId, public_id: &str) -> ApiKeyId {
    let new = new_key(public_id, MakerStanding::Vouched(Role::Member));
    let tenant = provider.fixture.api.tenant(tenant_id);
    match tenant.create_api_key(&new).await.unwrap() {
        ApiKeyCreation::Made(key) => key.id,
        refused => panic!("{refused:?}"),
    }
}

async fn is_revoked(provider: &Provider, public_id: &str) -> bool {
    let found = provider.fixture.api.find_api_key(public_id).await.unwrap();
    found.unwrap().is_revoked
}

#[tokio::test]
async fn whoever_leaves_an_organization_leaves_their_keys_there_without_use() {
    let provider = Provider::new().await;
    provider.tell(1, changed(person("ada"))).await;
    provider.tell(1, joined("orgmem_1", Role::Member)).await;
    let organization = TenantId::for_organization(super::ISSUER, "org_acme");
    key(&provider, organization, "1111111111111111").await;
    key(&provider, own_space(), "2222222222222222").await;
    assert_eq!(provider.tell(2, left("orgmem_1")).await, applied());
    assert!(is_revoked(&provider, "1111111111111111").await);
    assert!(!is_revoked(&provider, "2222222222222222").await);
}

#[tokio::test]
async fn so_does_who_leaves_an_organization_that_nobody_told_they_had_joined() {
    let provider = Provider::new().await;
    provider.tell(1, changed(person("ada"))).await;
    let organization = TenantId::for_organization(super::ISSUER, "org_acme");
    provider.tell(1, super::organization("Acme")).await;
    key(&provider, organization, "1111111111111111").await;
    assert_eq!(provider.tell(2, left("orgmem_1")).await, applied());
    assert!(is_revoked(&provider, "1111111111111111").await);
}

#[tokio::test]
async fn whoever_was_removed_makes_no_key_with_the_token_they_still_have() {
    let provider = Provider::new().await;
    provider.tell(1, changed(person("ada"))).await;
    provider.tell(1, joined("orgmem_1", Role::Admin)).await;
    provider.tell(2, left("orgmem_1")).await;
    let organization = TenantId::for_organization(super::ISSUER, "org_acme");
    let tenant = provider.fixture.api.tenant(organization);
    let new = new_key("1111111111111111", MakerStanding::Vouched(Role::Admin));
    let refused = tenant.create_api_key(&new).await.unwrap();
    assert!(matches!(refused, ApiKeyCreation::MakerLeft), "{refused:?}");
    // Back again, they may.
    provider.tell(3, joined("orgmem_2", Role::Admin)).await;
    key(&provider, organization, "1111111111111111").await;
}

#[tokio::test]
async fn a_key_made_while_the_membership_ended_lets_nobody_in_and_does_not_come_back() {
    let provider = Provider::new().await;
    provider.tell(1, changed(person("ada"))).await;
    provider.tell(1, joined("orgmem_1", Role::Admin)).await;
    provider.tell(2, left("orgmem_1")).await;
    let organization = TenantId::for_organization(super::ISSUER, "org_acme");
    // As though it had been checked before the end and written after it.
    let sql = format!(
        "INSERT INTO api_keys
            (id, tenant_id, created_by, vouched_role, name, public_id, secret_digest, scopes, expires_at)
         VALUES (gen_random_uuid(), '{organization}', '{}', 'admin', 'late', '1111111111111111',
            decode(repeat('07', 32), 'hex'), ARRAY['jobs:read'], now() + interval '1 day')",
        ada()
    );
    provider.fixture.database.execute(&sql).await;
    let late = provider.fixture.api.find_api_key("1111111111111111").await;
    assert_eq!(late.unwrap().unwrap().vouched_role, None);
    provider.tell(3, joined("orgmem_2", Role::Admin)).await;
    assert!(is_revoked(&provider, "1111111111111111").await);
}

#[tokio::test]
async fn an_account_that_ends_takes_all_of_its_keys_along() {
    let provider = Provider::new().await;
    provider.tell(1, changed(person("ada"))).await;
    key(&provider, own_space(), "1111111111111111").await;
    assert_eq!(provider.tell(2, gone("ada")).await, applied());
    assert!(is_revoked(&provider, "1111111111111111").await);
}

#[tokio::test]
async fn a_member_by_the_providers_word_makes_keys_also_by_naming_the_tenant() {
    let provider = Provider::new().await;
    provider.tell(1, changed(person("ada"))).await;
    provider.tell(1, joined("orgmem_1", Role::Member)).await;
    let organization = TenantId::for_organization(super::ISSUER, "org_acme");
    let tenant = provider.fixture.api.tenant(organization);
    let new = new_key("1111111111111111", MakerStanding::Member);
    let made = tenant.create_api_key(&new).await.unwrap();
    assert!(matches!(made, ApiKeyCreation::Made(_)), "{made:?}");
    provider.tell(2, left("orgmem_1")).await;
    assert!(is_revoked(&provider, "1111111111111111").await);
    let new = new_key("2222222222222222", MakerStanding::Member);
    let refused = tenant.create_api_key(&new).await.unwrap();
    assert!(matches!(refused, ApiKeyCreation::MakerLeft), "{refused:?}");
}

#[tokio::test]
async fn that_a_membership_ended_is_told_to_nobody_but_who_names_it() {
    let provider = Provider::new().await;
    provider.tell(1, changed(person("ada"))).await;
    provider.tell(1, joined("orgmem_1", Role::Member)).await;
    provider.tell(2, left("orgmem_1")).await;
    let organization = TenantId::for_organization(super::ISSUER, "org_acme");
    let named = MembershipId::of(organization, ada());
    let other = MembershipId::of(own_space(), ada());
    for door in [None, Some("key")] {
        let mut api = connection_as(&provider.fixture, "gantry_api", door).await;
        assert_eq!(visible(&mut api, "directory_entries").await, 0, "{door:?}");
        for (id, count) in [(other, 0), (named, 1)] {
            let name = format!("SET app.membership_id = '{id}'");
            run(&mut api, &name).await.unwrap();
            assert_eq!(
                visible(&mut api, "directory_entries").await,
                count,
                "{door:?}"
            );
        }
    }
}
