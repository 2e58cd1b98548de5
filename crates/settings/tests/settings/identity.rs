//! Which identity settings stop the start.

use crate::development::{api, api_refusal};
use gantry_settings::AuthMode;

const CLERK: [(&str, &str); 2] = [
    ("AUTH_MODE", "clerk"),
    ("AUTH_CLERK_ISSUER", "https://clerk.example.com"),
];

#[test]
fn a_mode_without_its_issuer_is_refused() {
    assert_eq!(
        api_refusal(&[], &[("AUTH_MODE", "clerk")]),
        "AUTH_CLERK_ISSUER is required when AUTH_MODE=clerk"
    );
    assert_eq!(
        api_refusal(&[], &[("AUTH_MODE", "oidc")]),
        "AUTH_OIDC_ISSUER is required when AUTH_MODE=oidc"
    );
}

#[test]
fn development_identity_is_refused_in_production() {
    let line = "AUTH_MODE=dev-bypass contradicts APP_ENV=production: choose AUTH_MODE=clerk or oidc, or set APP_ENV=development";
    assert_eq!(api_refusal(&[], &[("APP_ENV", "production")]), line);
    assert_eq!(api_refusal(&[], &[("APP_ENV", "")]), line);
}

#[test]
fn the_settings_of_a_provider_that_is_not_chosen_are_refused() {
    assert_eq!(
        api_refusal(&[], &[("AUTH_CLERK_ISSUER", "https://clerk.example.com")]),
        "AUTH_CLERK_ISSUER contradicts AUTH_MODE=dev-bypass: unset it or choose its mode"
    );
    let both = [CLERK[0], CLERK[1], ("AUTH_OIDC_AUDIENCE", "gantry")];
    assert_eq!(
        api_refusal(&[], &both),
        "AUTH_OIDC_AUDIENCE contradicts AUTH_MODE=clerk: unset it or choose its mode"
    );
}

#[test]
fn identity_settings_are_handed_on_as_written() {
    let environment = [
        CLERK[0],
        CLERK[1],
        ("AUTH_CLERK_AUDIENCE", "gantry,other"),
        ("AUTH_AUTHORIZED_PARTIES", "https://app.example.com"),
        ("AUTH_ALLOWED_EMAILS", "ada@example.com, @example.org"),
        ("AUTH_ALLOW_MISSING_AUTHORIZED_PARTY", "true"),
        ("GANTRY_OPERATORS", "ada@example.com, user_1"),
    ];
    let auth = api(&[], &environment).expect("all usable").auth;
    assert_eq!(auth.mode, AuthMode::Clerk);
    assert_eq!(
        auth.clerk_issuer.as_deref(),
        Some("https://clerk.example.com")
    );
    assert_eq!(auth.clerk_audience(), ["gantry", "other"]);
    assert_eq!(auth.authorized_parties(), ["https://app.example.com"]);
    assert_eq!(auth.allowed_emails(), ["ada@example.com", "@example.org"]);
    assert_eq!(auth.operators(), ["ada@example.com", "user_1"]);
    assert!(auth.allow_missing_authorized_party);
    assert!(!auth.allow_all);
}
