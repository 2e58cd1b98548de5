//! Without what is needed to tell a true message from a forged one, none is taken.

use gantry_auth::{AuthConfig, AuthMode, ConfigError, WebhookError, Webhooks};

use crate::sender::{SECRET, config};

fn refusal(config: &AuthConfig, source: &str) -> WebhookError {
    let webhooks = Webhooks::new(config).unwrap();
    let no_headers = |_: &str| Vec::new();
    webhooks.read(source, no_headers, b"{}").unwrap_err()
}

#[test]
fn without_a_secret_no_webhook_is_taken() {
    let setting = "CLERK_WEBHOOK_SIGNING_SECRET";
    let expected = WebhookError::NotConfigured { setting };
    assert_eq!(refusal(&config(&[]), "clerk"), expected);
}

#[test]
fn people_are_written_down_in_the_name_of_the_issuer_they_sign_in_with_or_not_at_all() {
    let setting = "AUTH_CLERK_ISSUER";
    let expected = WebhookError::NotConfigured { setting };
    let without_issuer = AuthConfig {
        clerk_issuer: None,
        ..config(&[SECRET])
    };
    assert_eq!(refusal(&without_issuer, "clerk"), expected);
    let of_another_provider = AuthConfig {
        mode: Some(AuthMode::Oidc),
        ..config(&[SECRET])
    };
    assert_eq!(refusal(&of_another_provider, "clerk"), expected);
}

#[test]
fn a_sender_nobody_knows_is_refused() {
    for source in ["", "Clerk", "other", "clerk/"] {
        let refused = refusal(&config(&[SECRET]), source);
        assert_eq!(refused, WebhookError::UnknownSource, "{source}");
    }
}

#[test]
fn a_secret_that_is_none_stops_the_start_and_is_not_repeated() {
    for secret in [
        "whsec_",
        "whsec_not base64!",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    ] {
        let refused = Webhooks::new(&config(&[SECRET, secret])).err();
        let Some(ConfigError::Invalid { setting, fault }) = refused else {
            panic!("{secret}: {refused:?}");
        };
        assert_eq!(setting, "CLERK_WEBHOOK_SIGNING_SECRET");
        assert!(!fault.contains("base64!") && !fault.contains("MfKQ"));
    }
}
