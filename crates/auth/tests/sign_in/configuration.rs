//! A setting that is missing or wrong stops the start with one line that names it.

use gantry_auth::{AppEnvironment, AuthConfig, AuthMode, Authenticator};

fn refusal(change: impl FnOnce(&mut AuthConfig)) -> String {
    let mut config = AuthConfig {
        app_environment: AppEnvironment::Test,
        clerk_issuer: Some("https://clerk.example.com".to_owned()),
        oidc_issuer: Some("https://issuer.example.com".to_owned()),
        ..AuthConfig::default()
    };
    change(&mut config);
    let error = Authenticator::new(&config)
        .err()
        .expect("the start is refused")
        .to_string();
    assert_eq!(error.lines().count(), 1, "{error}");
    error
}

#[test]
fn the_mode_is_never_chosen_silently() {
    let error = refusal(|config| config.mode = None);
    assert_eq!(
        error,
        "AUTH_MODE is required: one of clerk, oidc, dev-bypass"
    );
    assert!("Clerk".parse::<AuthMode>().is_err());
    assert!("prod".parse::<AppEnvironment>().is_err());
    for mode in [AuthMode::Clerk, AuthMode::Oidc, AuthMode::DevBypass] {
        assert_eq!(mode.as_str().parse(), Ok(mode));
    }
}

#[test]
fn an_environment_that_is_not_said_is_production() {
    assert_eq!(
        AuthConfig::default().app_environment,
        AppEnvironment::Production
    );
}

#[cfg(any(
    not(feature = "auth-clerk"),
    not(feature = "auth-oidc"),
    not(feature = "auth-dev")
))]
#[test]
fn a_provider_that_is_not_compiled_in_is_named_by_its_feature() {
    let absent = [
        #[cfg(not(feature = "auth-clerk"))]
        AuthMode::Clerk,
        #[cfg(not(feature = "auth-oidc"))]
        AuthMode::Oidc,
        #[cfg(not(feature = "auth-dev"))]
        AuthMode::DevBypass,
    ];
    for mode in absent {
        let error = refusal(|config| config.mode = Some(mode));
        assert!(
            error.contains(mode.feature()) && error.contains(mode.as_str()),
            "{error}"
        );
    }
}

#[cfg(feature = "auth-clerk")]
mod clerk {
    use super::*;

    fn refusal(change: impl FnOnce(&mut AuthConfig)) -> String {
        super::refusal(|config| {
            config.mode = Some(AuthMode::Clerk);
            change(config);
        })
    }

    #[test]
    fn its_issuer_is_required() {
        let error = refusal(|config| config.clerk_issuer = None);
        assert_eq!(error, "AUTH_CLERK_ISSUER is required when AUTH_MODE=clerk");
    }

    #[test]
    fn an_issuer_is_https_except_on_loopback() {
        for issuer in [
            "http://clerk.example.com",
            "clerk.example.com",
            "",
            "ftp://clerk.example.com",
            "http://127.0.0.1.evil.org",
            "http://localhost.evil.org",
            "https://user:pass@clerk.example.com",
            "https://clerk.example.com?x=1",
            "https://clerk.example.com#x",
            "https://clerk.example.com/",
            "file:///etc/passwd",
        ] {
            let error = refusal(|config| config.clerk_issuer = Some(issuer.to_owned()));
            assert!(
                error.starts_with("AUTH_CLERK_ISSUER must"),
                "{issuer}: {error}"
            );
        }
    }

    #[test]
    fn keys_are_fetched_from_https_except_on_loopback() {
        let error = refusal(|config| config.jwks_url = Some("http://keys.example.com".to_owned()));
        assert!(error.starts_with("AUTH_JWKS_URL must"), "{error}");
    }

    #[test]
    fn an_authorized_party_is_an_origin() {
        for party in [
            "https://app.example.com/",
            "https://app.example.com/path",
            "app.example.com",
            "*",
            "",
        ] {
            let error = refusal(|config| config.authorized_parties = vec![party.to_owned()]);
            assert!(
                error.starts_with("AUTH_AUTHORIZED_PARTIES"),
                "{party}: {error}"
            );
        }
    }

    #[test]
    fn a_secret_key_is_one_and_never_shown() {
        let error = refusal(|config| config.clerk_secret_key = Some("pk_live_oops".into()));
        assert!(
            error.starts_with("CLERK_SECRET_KEY must") && !error.contains("oops"),
            "{error}"
        );
        let config = AuthConfig {
            clerk_secret_key: Some("sk_live_oops".into()),
            ..AuthConfig::default()
        };
        assert!(!format!("{config:?}").contains("oops"));
    }

    #[test]
    fn the_backend_api_is_https_except_on_loopback() {
        let error = refusal(|config| {
            config.clerk_secret_key = Some("sk_live_x".into());
            config.clerk_api_url = Some("http://api.example.com".to_owned());
        });
        assert!(error.starts_with("CLERK_API_URL must"), "{error}");
    }

    #[test]
    fn an_email_claim_has_a_name() {
        let error = refusal(|config| config.email_claim = Some(" ".to_owned()));
        assert!(error.starts_with("AUTH_EMAIL_CLAIM"), "{error}");
    }
}

#[cfg(feature = "auth-oidc")]
mod oidc {
    use super::*;

    #[test]
    fn its_issuer_is_required() {
        let error = refusal(|config| {
            config.mode = Some(AuthMode::Oidc);
            config.oidc_issuer = None;
        });
        assert_eq!(error, "AUTH_OIDC_ISSUER is required when AUTH_MODE=oidc");
    }

    #[test]
    fn production_needs_an_audience() {
        let error = refusal(|config| {
            config.mode = Some(AuthMode::Oidc);
            config.app_environment = AppEnvironment::Production;
            config.allow_all = true;
        });
        assert!(
            error.starts_with("AUTH_OIDC_AUDIENCE is required"),
            "{error}"
        );
    }
}

/// RSA of 1,024 bits.
#[cfg(feature = "auth-oidc")]
const WEAK_KEY: &str = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDDPTwFRPoDBb2SvdtKTF7NCdrV
rur5cftRzG0DF58yLjjCoXbQXKGxm7D2b8bLjTWObmtIeej7+0fzbGeF3VrgkHmh
fbV5Ns+kprfQAX7gAPjNhIMh2PcN2mmF94PEJX+FJw76/EDyj7iAOO9fmXotTmZ/
8Pz11JVl8slrL37BFwIDAQAB
-----END PUBLIC KEY-----";

#[cfg(feature = "auth-oidc")]
#[test]
fn pinned_keys_are_all_usable_or_the_start_is_refused() {
    use crate::support::keys;

    let good = keys::rsa().public_pem();
    let private = keys::pem("PRIVATE KEY", &keys::rsa().pkcs8());
    for text in [
        String::new(),
        "a key".to_owned(),
        keys::pem("PUBLIC KEY", b"no key"),
        private.clone(),
        WEAK_KEY.to_owned(),
        format!("{good}{private}"),
        format!("{good}-----BEGIN PUBLIC KEY-----\n"),
    ] {
        let error = refusal(|config| {
            config.mode = Some(AuthMode::Oidc);
            config.public_keys = Some(text);
        });
        assert!(error.starts_with("AUTH_PUBLIC_KEYS must be"), "{error}");
    }
    let error = refusal(|config| {
        config.mode = Some(AuthMode::Oidc);
        config.public_keys = Some(good);
        config.jwks_url = Some("https://issuer.example.com/keys".to_owned());
    });
    assert!(
        error.contains("AUTH_PUBLIC_KEYS cannot be combined with AUTH_JWKS_URL"),
        "{error}"
    );
}

#[cfg(feature = "auth-oidc")]
#[test]
fn an_operator_that_is_none_stops_the_start_under_its_own_setting() {
    let error = refusal(|config| {
        config.mode = Some(AuthMode::Oidc);
        config.allow_all = true;
        config.operators = vec!["a b@example".to_owned()];
    });
    assert!(error.contains("GANTRY_OPERATORS"), "{error}");
}
