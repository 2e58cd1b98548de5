//! What is particular to generic OpenID Connect issuers: discovery, and organizations in their own words.

use gantry_auth::{AuthError, AuthMode, FAILED_FETCH_PAUSE, Organization};
use gantry_domain::TenantId;
use serde_json::json;

use crate::support::identity_server::Reply;
use crate::support::keys;
use crate::support::world::{KEYS_PATH, World};

const DISCOVERY_PATH: &str = "/.well-known/openid-configuration";

#[tokio::test]
async fn keys_are_where_the_discovery_document_says() {
    let world = World::of(AuthMode::Oidc).await;
    let address = format!("{}/keys", world.server.url());
    world.server.reply_json(
        DISCOVERY_PATH,
        &json!({"issuer": world.server.url(), "jwks_uri": address}),
    );
    world
        .server
        .reply_json("/keys", &json!({"keys": [keys::ed25519().jwk()]}));
    assert!(
        world
            .sign_in(&world.token().signed_by(keys::ed25519()))
            .await
            .is_ok()
    );
    assert_eq!(
        (
            world.server.count(DISCOVERY_PATH),
            world.server.count("/keys")
        ),
        (1, 1)
    );
}

#[tokio::test]
async fn an_issuer_with_a_path_is_discovered_below_it() {
    let server = World::of(AuthMode::Oidc).await.server;
    let issuer = format!("{}/auth/v1/", server.url());
    let world = World::with(AuthMode::Oidc, |config| {
        config.oidc_issuer = Some(issuer.clone())
    })
    .await;
    server.reply_json(
        "/auth/v1/.well-known/openid-configuration",
        &json!({"issuer": issuer, "jwks_uri": format!("{}{KEYS_PATH}", server.url())}),
    );
    server.reply_json(KEYS_PATH, &json!({"keys": [keys::rsa().jwk()]}));
    let token = world
        .token()
        .claim("iss", json!(issuer))
        .signed_by(keys::rsa());
    assert!(world.sign_in(&token).await.is_ok());
}

#[tokio::test]
async fn a_discovery_document_that_cannot_be_trusted_gives_no_keys() {
    let world = World::of(AuthMode::Oidc).await;
    let (issuer, keys_address) = (
        world.server.url(),
        format!("{}{KEYS_PATH}", world.server.url()),
    );
    for document in [
        json!({"issuer": "https://attacker.example", "jwks_uri": keys_address}),
        json!({"issuer": format!("{issuer}/"), "jwks_uri": keys_address}),
        json!({"issuer": issuer, "jwks_uri": "http://keys.example/jwks"}),
        json!({"issuer": issuer, "jwks_uri": "file:///etc/passwd"}),
        json!({"issuer": issuer, "jwks_uri": "/relative"}),
        json!({"issuer": issuer}),
        json!([]),
    ] {
        world.server.reply_json(DISCOVERY_PATH, &document);
        world.clock.advance(FAILED_FETCH_PAUSE);
        let error = world
            .sign_in(&world.token().signed_by(keys::rsa()))
            .await
            .unwrap_err();
        assert!(
            matches!(error, AuthError::ProviderUnavailable { .. }),
            "{document}: {error}"
        );
    }
    assert_eq!(world.key_fetches(), 0);
}

#[tokio::test]
async fn keys_that_have_moved_are_discovered_again() {
    let world = World::of(AuthMode::Oidc).await;
    world.server.reply(KEYS_PATH, Reply::Status(404));
    assert!(
        world
            .sign_in(&world.token().signed_by(keys::rsa()))
            .await
            .is_err()
    );
    let address = format!("{}/moved", world.server.url());
    world.server.reply_json(
        DISCOVERY_PATH,
        &json!({"issuer": world.server.url(), "jwks_uri": address}),
    );
    world
        .server
        .reply_json("/moved", &json!({"keys": [keys::rsa().jwk()]}));
    world.clock.advance(FAILED_FETCH_PAUSE);
    assert!(
        world
            .sign_in(&world.token().signed_by(keys::rsa()))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn an_organization_gives_the_tenant() {
    let world = World::of(AuthMode::Oidc).await;
    let tokens = [
        world.token().claim(
            "o",
            json!({"id": "org_acme", "slug": "acme", "role": "owner"}),
        ),
        world
            .token()
            .claim("org_id", json!("org_acme"))
            .claim("org_slug", json!("acme"))
            .claim("org_role", json!("owner")),
    ];
    for token in tokens {
        let principal = world.sign_in(&token.signed_by(keys::rsa())).await.unwrap();
        assert_eq!(
            principal.tenant,
            TenantId::for_organization(&world.server.url(), "org_acme")
        );
        let expected = Organization {
            id: "org_acme".to_owned(),
            slug: Some("acme".to_owned()),
            role: Some("owner".to_owned()),
            permissions: Vec::new(),
        };
        assert_eq!(principal.organization, Some(expected));
    }
}

#[tokio::test]
async fn a_banned_account_is_known_and_kept_out() {
    let world = World::of(AuthMode::Oidc).await;
    let token = world
        .token()
        .claim("banned", json!(true))
        .signed_by(keys::rsa());
    assert!(matches!(
        world.sign_in(&token).await,
        Err(AuthError::Forbidden { .. })
    ));
    let token = world
        .token()
        .claim("banned", json!(false))
        .signed_by(keys::rsa());
    assert!(world.sign_in(&token).await.is_ok());
}

#[tokio::test]
async fn there_is_no_session_cookie() {
    let world = World::of(AuthMode::Oidc).await;
    assert_eq!(world.authenticator.session_cookie_name(), None);
}
