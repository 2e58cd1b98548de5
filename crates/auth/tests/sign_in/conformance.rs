//! What every provider of signed tokens does alike.

use std::time::Duration;

use gantry_auth::{AuthError, Credentials, HeaderField, Standing};
use gantry_domain::{Role, TenantId, UserId};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;

use crate::support::keys;
use crate::support::world::{SIGNED_TOKEN_MODES, World, bearer};

#[tokio::test]
async fn an_honest_token_gives_its_person_in_their_own_tenant() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        let token = world
            .token()
            .claim("email", json!("alice@example.com"))
            .claim("name", json!("Alice"));
        let principal = world.sign_in(&token.signed_by(keys::rsa())).await.unwrap();
        let issuer = world.server.url();
        assert_eq!(principal.issuer, issuer);
        assert_eq!(principal.subject, "user_alice");
        assert_eq!(principal.user, UserId::for_subject(&issuer, "user_alice"));
        assert_eq!(
            principal.tenant,
            TenantId::for_person(&issuer, "user_alice")
        );
        assert_eq!(principal.email.as_deref(), Some("alice@example.com"));
        assert_eq!(principal.display_name.as_deref(), Some("Alice"));
        assert_eq!(principal.organization, None);
    }
}

#[tokio::test]
async fn every_kind_of_key_that_is_published_verifies() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        let kinds = [
            keys::rsa(),
            keys::p256(),
            keys::p384(),
            keys::p521(),
            keys::ed25519(),
        ];
        world.publish(&kinds);
        for key in kinds {
            let outcome = world.sign_in(&world.token().signed_by(key)).await;
            assert!(outcome.is_ok(), "{}: {outcome:?}", key.algorithm);
        }
    }
}

#[tokio::test]
async fn a_key_without_an_algorithm_is_used_as_its_kind_allows() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        let kinds = [
            keys::rsa(),
            keys::p256(),
            keys::p384(),
            keys::p521(),
            keys::ed25519(),
        ];
        world.publish_jwks(&kinds.map(|key| key.plain_jwk()));
        for key in kinds {
            let outcome = world.sign_in(&world.token().signed_by(key)).await;
            assert!(outcome.is_ok(), "{}: {outcome:?}", key.algorithm);
        }
        for algorithm in ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] {
            let token = world.token().member("alg", json!(algorithm));
            let signed = token.signed_with(|message| keys::rsa().sign_as(algorithm, message));
            let outcome = world.sign_in(&signed).await;
            assert!(outcome.is_ok(), "{algorithm}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn a_token_made_by_another_library_is_accepted() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        world.publish(&[keys::rsa(), keys::p256(), keys::ed25519()]);
        let rsa_pem = keys::pem("PRIVATE KEY", &keys::rsa().pkcs8());
        let signers = [
            (
                keys::rsa(),
                Algorithm::RS256,
                EncodingKey::from_rsa_pem(rsa_pem.as_bytes()).unwrap(),
            ),
            (
                keys::p256(),
                Algorithm::ES256,
                EncodingKey::from_ec_der(&keys::p256().pkcs8()),
            ),
            (
                keys::ed25519(),
                Algorithm::EdDSA,
                EncodingKey::from_ed_der(&keys::ed25519().pkcs8()),
            ),
        ];
        for (key, algorithm, signer) in signers {
            let header = Header {
                kid: Some(key.key_id.to_owned()),
                ..Header::new(algorithm)
            };
            let token = encode(&header, &world.token().claims, &signer).unwrap();
            let outcome = world.sign_in(&token).await;
            assert!(outcome.is_ok(), "{algorithm:?}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn clocks_may_differ_by_five_seconds() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        let now = world.token().claims["exp"].as_i64().unwrap() - 60;
        for (name, at) in [("exp", now - 4), ("nbf", now + 5), ("iat", now + 5)] {
            let token = world.token().claim(name, json!(at)).signed_by(keys::rsa());
            assert!(world.sign_in(&token).await.is_ok(), "{name}");
        }
        let fraction = world
            .token()
            .claim("exp", json!(now as f64 + 59.5))
            .signed_by(keys::rsa());
        assert!(world.sign_in(&fraction).await.is_ok());
    }
}

#[tokio::test]
async fn optional_parts_of_a_token_may_be_absent() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        for claim in ["nbf", "iat"] {
            let token = world.token().without_claim(claim).signed_by(keys::rsa());
            assert!(world.sign_in(&token).await.is_ok(), "{claim}");
        }
        let token = world.token().without_member("typ").signed_by(keys::rsa());
        assert!(world.sign_in(&token).await.is_ok());
        let many = world
            .token()
            .claim("aud", json!(["other", "gantry"]))
            .signed_by(keys::rsa());
        assert!(world.sign_in(&many).await.is_ok());
    }
}

#[tokio::test]
async fn a_token_for_an_audience_needs_a_configured_one() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::with(*mode, |config| {
            config.clerk_audience.clear();
            config.oidc_audience.clear();
        })
        .await;
        let meant_for_another = world.token().signed_by(keys::rsa());
        assert!(world.sign_in(&meant_for_another).await.is_err());
        let meant_for_nobody = world.token().without_claim("aud").signed_by(keys::rsa());
        assert!(world.sign_in(&meant_for_nobody).await.is_ok());
    }
}

#[tokio::test]
async fn a_missing_authorized_party_is_accepted_only_when_told_so() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::with(*mode, |config| config.allow_missing_authorized_party = true).await;
        let none = world.token().without_claim("azp").signed_by(keys::rsa());
        assert!(world.sign_in(&none).await.is_ok());
        let wrong = world
            .token()
            .claim("azp", json!("https://attacker.example"))
            .signed_by(keys::rsa());
        assert!(world.sign_in(&wrong).await.is_err());
    }
}

#[tokio::test]
async fn an_expired_session_is_told_apart_for_its_owner() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        let token = world.token().signed_by(keys::rsa());
        world.clock.advance(Duration::from_secs(120));
        let error = world.sign_in(&token).await.unwrap_err();
        assert_eq!(
            error.public_message(),
            "The session has expired. Sign in again."
        );
        assert_eq!(error.code(), "unauthenticated");
    }
}

#[tokio::test]
async fn a_remembered_token_ends_with_its_session() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        let token = world.token().signed_by(keys::rsa());
        assert!(world.sign_in(&token).await.is_ok());
        world.clock.advance(Duration::from_secs(59));
        assert!(world.sign_in(&token).await.is_ok());
        world.clock.advance(Duration::from_secs(6));
        assert!(world.sign_in(&token).await.is_err());
    }
}

#[tokio::test]
async fn development_headers_mean_nothing_beside_real_sign_in() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        let claimed = Credentials {
            development_user: HeaderField::Text("mallory".to_owned()),
            development_email: HeaderField::Text("admin@example.com".to_owned()),
            ..Credentials::default()
        };
        let error = world
            .authenticator
            .authenticate(&claimed)
            .await
            .unwrap_err();
        assert!(matches!(error, AuthError::Unauthenticated { .. }));
        let token = world.token().signed_by(keys::rsa());
        let both = Credentials {
            authorization: bearer(&token).authorization,
            ..claimed
        };
        let principal = world.authenticator.authenticate(&both).await.unwrap();
        assert_eq!(principal.subject, "user_alice");
        assert_eq!(principal.email, None);
    }
}

#[tokio::test]
async fn only_the_tenant_of_the_session_is_proven_by_it() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        let token = world
            .token()
            .claim("org_id", json!("org_acme"))
            .signed_by(keys::rsa());
        let tenant = TenantId::for_organization(&world.server.url(), "org_acme");
        let naming = |name: &str| Credentials {
            tenant: HeaderField::Text(name.to_owned()),
            ..bearer(&token)
        };
        for name in [
            tenant.to_string(),
            tenant.to_string().to_uppercase(),
            "org_acme".to_owned(),
        ] {
            let principal = world
                .authenticator
                .authenticate(&naming(&name))
                .await
                .unwrap();
            assert_eq!(principal.tenant, tenant);
            assert_eq!(principal.standing, Standing::Proven(Role::Member));
        }
        let other = TenantId::for_organization(&world.server.url(), "org_other");
        for name in ["org_other", &other.to_string()] {
            let principal = world
                .authenticator
                .authenticate(&naming(name))
                .await
                .unwrap();
            assert_eq!(principal.tenant, other);
            assert_eq!(principal.standing, Standing::Named);
            assert_eq!(principal.organization, None);
        }
        let own = TenantId::for_person(&world.server.url(), "user_alice").to_string();
        let naming_own = naming(&own);
        let principal = world.authenticator.authenticate(&naming_own).await.unwrap();
        assert_eq!(principal.standing, Standing::Proven(Role::Owner));
        for name in ["", "org_acme\0", "org acme"] {
            let error = world
                .authenticator
                .authenticate(&naming(name))
                .await
                .unwrap_err();
            assert!(
                matches!(error, AuthError::BadHeader { .. }),
                "{name}: {error}"
            );
        }
        let twice = Credentials {
            tenant: HeaderField::Unreadable,
            ..bearer(&token)
        };
        let error = world.authenticator.authenticate(&twice).await.unwrap_err();
        assert!(matches!(
            error,
            AuthError::BadHeader {
                header: "X-Tenant-Id",
                ..
            }
        ));
    }
}

#[tokio::test]
async fn an_organization_that_is_no_name_is_refused() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        for organization in [json!(""), json!("org\0"), json!(7), json!(["org_acme"])] {
            let token = world
                .token()
                .claim("org_id", organization.clone())
                .signed_by(keys::rsa());
            assert!(world.sign_in(&token).await.is_err(), "{organization}");
        }
        for organization in [
            json!("org_acme"),
            json!(["org_acme"]),
            json!({"id": "org\0"}),
        ] {
            let token = world
                .token()
                .claim("o", organization.clone())
                .signed_by(keys::rsa());
            assert!(world.sign_in(&token).await.is_err(), "{organization}");
        }
    }
}

#[tokio::test]
async fn the_allow_list_holds_for_signed_tokens() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::with(*mode, |config| {
            config.allowed_emails = vec!["Alice@Example.com".to_owned(), "user_carol".to_owned()];
        })
        .await;
        let token = world.token();
        let admitted = [
            token.clone().claim("email", json!("aLICE@example.COM")),
            token.clone().claim("sub", json!("user_carol")),
        ];
        for token in admitted {
            assert!(world.sign_in(&token.signed_by(keys::rsa())).await.is_ok());
        }
        let refused = [
            token.clone(),
            token.clone().claim("email", json!("bob@example.com")),
            token
                .clone()
                .claim("email", json!("alice@example.com"))
                .claim("email_verified", json!(false)),
            token
                .clone()
                .claim("email", json!("alice@example.com"))
                .claim("emailVerified", json!("false")),
            token.clone().claim("email", json!(["alice@example.com"])),
            token
                .clone()
                .claim("email", json!("alice@example.com@evil.example")),
            token.clone().claim("email", json!("x,alice@example.com")),
        ];
        for token in refused {
            let error = world
                .sign_in(&token.signed_by(keys::rsa()))
                .await
                .unwrap_err();
            assert!(
                matches!(error, AuthError::Forbidden { .. }),
                "{}: {error}",
                token.claims
            );
        }
    }
}

#[tokio::test]
async fn the_claim_that_holds_the_address_is_the_operators_choice() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::with(*mode, |config| config.email_claim = Some("mail".to_owned())).await;
        let token = world
            .token()
            .claim("mail", json!("alice@example.com"))
            .claim("email", json!("other@example.com"));
        let principal = world.sign_in(&token.signed_by(keys::rsa())).await.unwrap();
        assert_eq!(principal.email.as_deref(), Some("alice@example.com"));
    }
}
