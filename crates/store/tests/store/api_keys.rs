//! Who may make an API key, and how many there may be.

use gantry_domain::API_KEY_LIMIT_COUNT;
use gantry_store::{ApiKeyCreation, MakerStanding, NewApiKey};

use tokio::task::JoinSet;

use crate::fixture::user;
use crate::row_security::two_tenants;

fn new_key(number: u32, standing: MakerStanding) -> NewApiKey {
    NewApiKey {
        created_by: user("ada"),
        standing,
        name: "ours".to_owned(),
        public_id: format!("{number:016}"),
        secret_digest: [7; 32],
        scopes: vec!["jobs:read".to_owned()],
        expires_in_days: 1,
    }
}

#[tokio::test]
async fn whoever_lost_their_membership_meanwhile_makes_no_key() {
    let (fixture, [tenant_id, _]) = two_tenants().await;
    let tenant = fixture.api.tenant(tenant_id);
    let key = new_key(1, MakerStanding::Member);
    let refused = tenant.create_api_key(&key).await.unwrap();
    assert!(matches!(refused, ApiKeyCreation::MakerLeft), "{refused:?}");
    assert_eq!(fixture.count_of("api_keys").await, 0);
}

#[tokio::test]
async fn keys_that_are_made_at_once_pass_no_limit_together() {
    let (fixture, [tenant_id, _]) = two_tenants().await;
    let tenant = fixture.api.tenant(tenant_id);
    let nearly_all =
        (2..API_KEY_LIMIT_COUNT).map(|number| new_key(number, MakerStanding::OwnSpace));
    for key in nearly_all {
        tenant.create_api_key(&key).await.unwrap();
    }
    let mut at_once = JoinSet::new();
    for number in 0..10 {
        let api = fixture.api.clone();
        let key = new_key(1_000 + number, MakerStanding::OwnSpace);
        at_once.spawn(async move { api.tenant(tenant_id).create_api_key(&key).await });
    }
    let outcomes = at_once.join_all().await;
    let is_made = |outcome: &&_| matches!(outcome, Ok(ApiKeyCreation::Made(_)));
    assert_eq!(outcomes.iter().filter(is_made).count(), 2);
    assert_eq!(
        fixture.count_of("api_keys").await,
        i64::from(API_KEY_LIMIT_COUNT)
    );
}
