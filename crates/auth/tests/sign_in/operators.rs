//! Who is an operator: those on the list, and without one nobody but development identities.

#[cfg(feature = "auth-dev")]
use gantry_auth::{AppEnvironment, AuthConfig, AuthMode, Authenticator, HeaderField, Principal};

#[cfg(feature = "auth-dev")]
fn development(operators: &[&str]) -> Authenticator {
    let config = AuthConfig {
        mode: Some(AuthMode::DevBypass),
        app_environment: AppEnvironment::Development,
        operators: operators.iter().map(|entry| (*entry).to_owned()).collect(),
        ..AuthConfig::default()
    };
    Authenticator::new(&config).unwrap()
}

#[cfg(feature = "auth-dev")]
async fn person(authenticator: &Authenticator, subject: &str, email: Option<&str>) -> Principal {
    let text = |value: &str| HeaderField::Text(value.to_owned());
    let credentials = gantry_auth::Credentials {
        development_user: text(subject),
        development_email: email.map_or(HeaderField::Absent, text),
        ..gantry_auth::Credentials::default()
    };
    authenticator.authenticate(&credentials).await.unwrap()
}

#[cfg(feature = "auth-dev")]
#[tokio::test]
async fn every_development_identity_is_an_operator_unless_there_is_a_list() {
    let open = development(&[]);
    assert!(open.is_operator(&person(&open, "alice", None).await));

    let listed = development(&["carol", "@ops.example", "dave@example.com"]);
    for (subject, email, expected) in [
        ("carol", None, true),
        ("alice", None, false),
        ("Carol", None, false),
        ("alice", Some("alice@OPS.example"), true),
        ("dave", Some("Dave@example.com"), true),
        ("dave@example.com", None, false),
    ] {
        let person = person(&listed, subject, email).await;
        assert_eq!(listed.is_operator(&person), expected, "{subject} {email:?}");
    }
}

#[cfg(feature = "signed-tokens")]
#[tokio::test]
async fn with_signed_tokens_nobody_is_an_operator_unless_listed() {
    use crate::support::keys;
    use crate::support::world::{SIGNED_TOKEN_MODES, World};
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        let alice = world.sign_in(&world.token().signed_by(keys::rsa())).await;
        assert!(!world.authenticator.is_operator(&alice.unwrap()));

        let world = World::with(*mode, |config| {
            config.operators = vec!["user_alice".to_owned()];
        })
        .await;
        let alice = world.sign_in(&world.token().signed_by(keys::rsa())).await;
        assert!(world.authenticator.is_operator(&alice.unwrap()));
    }
}
