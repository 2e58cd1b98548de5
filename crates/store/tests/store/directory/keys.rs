//! The keys of someone whom the identity provider lets go.

use gantry_domain::{ApiKeyId, Role, TenantId};
use gantry_store::NewApiKey;

use super::{Provider, ada, applied, changed, gone, joined, left, own_space, person};

/// A key of Ada's in a tenant.
async fn key(provider: &Provider, tenant_id: TenantId, public_id: &str) -> ApiKeyId {
    let new = NewApiKey {
        created_by: ada(),
        vouched_role: Some(Role::Member),
        name: "ours".to_owned(),
        public_id: public_id.to_owned(),
        secret_digest: [7; 32],
        scopes: vec!["jobs:read".to_owned()],
        expires_in_days: 1,
    };
    let tenant = provider.fixture.api.tenant(tenant_id);
    tenant.create_api_key(&new).await.unwrap().unwrap().id
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
async fn an_account_that_ends_takes_all_of_its_keys_along() {
    let provider = Provider::new().await;
    provider.tell(1, changed(person("ada"))).await;
    key(&provider, own_space(), "1111111111111111").await;
    assert_eq!(provider.tell(2, gone("ada")).await, applied());
    assert!(is_revoked(&provider, "1111111111111111").await);
}
