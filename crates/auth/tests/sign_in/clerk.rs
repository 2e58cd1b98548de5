//! What is particular to Clerk: classes of tokens, organizations of both versions, the cookie and the Backend API.

use std::time::Duration;

use gantry_auth::{AuthError, AuthMode, Credentials, HeaderField, Organization};
use gantry_domain::TenantId;
use serde_json::{Value, json};

use crate::support::identity_server::{IdentityServer, Reply};
use crate::support::keys;
use crate::support::world::{APP, World};

const USER_PATH: &str = "/v1/users/user_alice";

async fn organization_of(claims: &[(&str, Value)]) -> Option<Organization> {
    let world = World::of(AuthMode::Clerk).await;
    let token = claims.iter().fold(world.token(), |token, (name, value)| {
        token.claim(name, value.clone())
    });
    let principal = world.sign_in(&token.signed_by(keys::rsa())).await.unwrap();
    if let Some(organization) = &principal.organization {
        let tenant = TenantId::for_organization(&world.server.url(), &organization.id);
        assert_eq!(principal.tenant, tenant);
    }
    principal.organization
}

fn acme(role: &str, permissions: &[&str]) -> Organization {
    Organization {
        id: "org_acme".to_owned(),
        slug: Some("acme".to_owned()),
        role: Some(role.to_owned()),
        permissions: permissions
            .iter()
            .map(|permission| (*permission).to_owned())
            .collect(),
    }
}

#[tokio::test]
async fn an_organization_of_version_1_is_read() {
    let organization = organization_of(&[
        ("org_id", json!("org_acme")),
        ("org_slug", json!("acme")),
        ("org_role", json!("org:admin")),
        (
            "org_permissions",
            json!(["org:dashboard:manage", "org:teams:read"]),
        ),
    ])
    .await;
    assert_eq!(
        organization,
        Some(acme("admin", &["dashboard:manage", "teams:read"]))
    );
}

#[tokio::test]
async fn an_organization_of_version_2_is_read_with_its_permission_map() {
    let organization = organization_of(&[
        ("v", json!(2)),
        ("sts", json!("active")),
        ("fea", json!("o:dashboard,o:teams")),
        ("o", json!({"id": "org_acme", "slg": "acme", "rol": "admin", "per": "manage,read", "fpm": "3,2"})),
    ])
    .await;
    assert_eq!(
        organization,
        Some(acme(
            "admin",
            &["dashboard:manage", "dashboard:read", "teams:read"]
        ))
    );
}

#[tokio::test]
async fn features_of_the_person_have_no_place_in_the_permission_map() {
    let organization = organization_of(&[
        ("v", json!(2)),
        ("fea", json!("u:billing,o:dashboard,ou:teams")),
        ("o", json!({"id": "org_acme", "slg": "acme", "rol": "member", "per": "manage,read", "fpm": "1,2"})),
    ])
    .await;
    assert_eq!(
        organization,
        Some(acme("member", &["dashboard:manage", "teams:read"]))
    );
}

#[tokio::test]
async fn a_permission_map_that_cannot_be_read_grants_nothing() {
    for map in [
        "",
        "x",
        "-1",
        "99999999999999999999999",
        "1e3",
        ",,,",
        "0,0",
    ] {
        let organization = organization_of(&[
            ("v", json!(2)),
            ("fea", json!("o:dashboard,o:teams")),
            ("o", json!({"id": "org_acme", "slg": "acme", "rol": "admin", "per": "manage,read", "fpm": map})),
        ])
        .await;
        assert_eq!(organization, Some(acme("admin", &[])), "{map}");
    }
}

#[tokio::test]
async fn a_session_of_version_2_without_an_organization_is_a_persons_own() {
    assert_eq!(
        organization_of(&[("v", json!(2)), ("sts", json!("active"))]).await,
        None
    );
}

#[tokio::test]
async fn only_what_people_hold_is_a_session() {
    let world = World::of(AuthMode::Clerk).await;
    for category in ["cl_B7d4PD111AAA", "cl_B7d4PD222AAA"] {
        let token = world
            .token()
            .member("cat", json!(category))
            .signed_by(keys::rsa());
        assert!(world.sign_in(&token).await.is_ok(), "{category}");
    }
    let machine = world
        .token()
        .claim("sub", json!("mch_robot"))
        .signed_by(keys::rsa());
    let mut tokens = vec![("a machine's subject".to_owned(), machine)];
    let categories = [
        json!("cl_B7d4PD333AAA"),
        json!("cl_B7d4PD444AAA"),
        json!(""),
        json!(null),
        json!(["cl_B7d4PD111AAA"]),
    ];
    for category in categories {
        let token = world
            .token()
            .member("cat", category.clone())
            .signed_by(keys::rsa());
        tokens.push((category.to_string(), token));
    }
    for status in [json!("pending"), json!("Active"), json!(null), json!(true)] {
        let token = world
            .token()
            .claim("sts", status.clone())
            .signed_by(keys::rsa());
        tokens.push((format!("sts {status}"), token));
    }
    world.assert_refused(tokens).await;
}

fn cookie(token: &str, origin: HeaderField) -> Credentials {
    Credentials {
        session_cookie: HeaderField::Text(token.to_owned()),
        origin,
        ..Credentials::default()
    }
}

#[tokio::test]
async fn a_session_cookie_is_accepted_from_its_own_pages_only() {
    let world = World::of(AuthMode::Clerk).await;
    assert_eq!(world.authenticator.session_cookie_name(), Some("__session"));
    let token = world.token().signed_by(keys::rsa());
    let own_page = HeaderField::Text(APP.to_owned());
    for origin in [HeaderField::Absent, own_page] {
        assert!(
            world
                .authenticator
                .authenticate(&cookie(&token, origin))
                .await
                .is_ok()
        );
    }
    for origin in [
        HeaderField::Text("https://attacker.example".to_owned()),
        HeaderField::Text("null".to_owned()),
        HeaderField::Unreadable,
    ] {
        let error = world
            .authenticator
            .authenticate(&cookie(&token, origin))
            .await
            .unwrap_err();
        assert!(matches!(error, AuthError::Forbidden { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_bad_header_is_not_passed_over_for_a_cookie() {
    let world = World::of(AuthMode::Clerk).await;
    let token = world.token().signed_by(keys::rsa());
    for header in ["Bearer nonsense", "Basic dXNlcjpwYXNz", "Bearer", ""] {
        let credentials = Credentials {
            authorization: HeaderField::Text(header.to_owned()),
            ..cookie(&token, HeaderField::Absent)
        };
        let error = world
            .authenticator
            .authenticate(&credentials)
            .await
            .unwrap_err();
        assert!(
            matches!(error, AuthError::Unauthenticated { .. }),
            "{header}"
        );
    }
}

/// An authenticator that may ask the returned Backend API for addresses.
async fn with_backend_api(allowed_emails: &[&str]) -> (World, IdentityServer) {
    let api = IdentityServer::start().await;
    let world = World::with(AuthMode::Clerk, |config| {
        config.clerk_api_url = Some(api.url());
        config.clerk_secret_key = Some("sk_test_secret".into());
        config.allowed_emails = allowed_emails
            .iter()
            .map(|entry| (*entry).to_owned())
            .collect();
    })
    .await;
    (world, api)
}

fn alice(verification: Value) -> Value {
    json!({
        "id": "user_alice",
        "primary_email_address_id": "idn_2",
        "email_addresses": [
            {"id": "idn_1", "email_address": "victim@example.com", "verification": {"status": "verified"}},
            {"id": "idn_2", "email_address": "alice@example.com", "verification": verification},
        ],
    })
}

#[tokio::test]
async fn an_address_missing_from_the_token_is_looked_up_once() {
    let (world, api) = with_backend_api(&["@example.com"]).await;
    api.reply_json(USER_PATH, &alice(json!({"status": "verified"})));
    for number in 0..3 {
        let token = world
            .token()
            .claim("jti", json!(number))
            .signed_by(keys::rsa());
        let principal = world.sign_in(&token).await.unwrap();
        assert_eq!(principal.email.as_deref(), Some("alice@example.com"));
    }
    let requests = api.requests();
    assert_eq!(requests.len(), 1);
    assert!(
        requests[0]
            .head
            .contains("authorization: Bearer sk_test_secret")
    );
}

#[tokio::test]
async fn an_address_in_the_token_needs_no_lookup() {
    let (world, api) = with_backend_api(&[]).await;
    let token = world
        .token()
        .claim("email", json!("alice@example.com"))
        .signed_by(keys::rsa());
    assert!(world.sign_in(&token).await.is_ok());
    assert_eq!(api.requests().len(), 0);
}

#[tokio::test]
async fn only_a_verified_primary_address_counts() {
    let other_primary = json!({"primary_email_address_id": "idn_9", "email_addresses": []});
    for user in [
        alice(json!({"status": "unverified"})),
        alice(json!({"status": null})),
        alice(json!({})),
        alice(json!(null)),
        other_primary,
        json!({"primary_email_address_id": null}),
    ] {
        let (world, api) = with_backend_api(&["@example.com"]).await;
        api.reply_json(USER_PATH, &user);
        let error = world
            .sign_in(&world.token().signed_by(keys::rsa()))
            .await
            .unwrap_err();
        assert!(
            matches!(error, AuthError::Forbidden { .. }),
            "{user}: {error}"
        );
    }
}

#[tokio::test]
async fn an_outage_of_the_lookup_is_no_refusal() {
    for reply in [
        Reply::HangUp,
        Reply::Status(500),
        Reply::Status(429),
        Reply::Status(401),
        Reply::Text("?".to_owned()),
    ] {
        let (world, api) = with_backend_api(&["@example.com"]).await;
        api.reply(USER_PATH, reply);
        let token = world.token().signed_by(keys::rsa());
        for _ in 0..5 {
            let error = world.sign_in(&token).await.unwrap_err();
            assert!(
                matches!(error, AuthError::ProviderUnavailable { .. }),
                "{error}"
            );
        }
        assert_eq!(api.requests().len(), 1);
        api.reply_json(USER_PATH, &alice(json!({"status": "verified"})));
        world.clock.advance(Duration::from_secs(2));
        let principal = world.sign_in(&token).await.unwrap();
        assert_eq!(principal.email.as_deref(), Some("alice@example.com"));
    }
}

#[tokio::test]
async fn an_outage_of_the_lookup_locks_out_nobody_who_is_known() {
    let (world, api) = with_backend_api(&["alice@example.com"]).await;
    api.reply_json(USER_PATH, &alice(json!({"status": "verified"})));
    assert!(
        world
            .sign_in(&world.token().signed_by(keys::rsa()))
            .await
            .is_ok()
    );
    api.reply(USER_PATH, Reply::HangUp);
    world.clock.advance(Duration::from_secs(3600));
    assert!(
        world
            .sign_in(&world.token().signed_by(keys::rsa()))
            .await
            .is_ok()
    );
    assert_eq!(api.requests().len(), 2);
}

#[tokio::test]
async fn without_an_allow_list_an_unknown_address_is_just_unknown() {
    let (world, api) = with_backend_api(&[]).await;
    api.reply(USER_PATH, Reply::HangUp);
    let principal = world
        .sign_in(&world.token().signed_by(keys::rsa()))
        .await
        .unwrap();
    assert_eq!(principal.email, None);
}

#[tokio::test]
async fn a_subject_never_becomes_another_path() {
    let (world, api) = with_backend_api(&[]).await;
    for subject in [
        "../../v1/users/user_alice",
        "user_alice?x=1",
        "user_alice/../user_bob",
        "%2e%2e",
    ] {
        let token = world
            .token()
            .claim("sub", json!(subject))
            .signed_by(keys::rsa());
        assert_eq!(world.sign_in(&token).await.unwrap().email, None);
    }
    assert_eq!(api.requests().len(), 0);
}
