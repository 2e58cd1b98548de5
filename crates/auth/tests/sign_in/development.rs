//! Development headers: believed as they are, but never half-read.

use gantry_auth::{
    AppEnvironment, AuthConfig, AuthError, AuthMode, Authenticator, Credentials, HeaderField,
};
use gantry_domain::{TenantId, UserId};

fn authenticator(allowed_emails: &[&str]) -> Authenticator {
    let config = AuthConfig {
        mode: Some(AuthMode::DevBypass),
        app_environment: AppEnvironment::Development,
        allowed_emails: allowed_emails
            .iter()
            .map(|entry| (*entry).to_owned())
            .collect(),
        ..AuthConfig::default()
    };
    Authenticator::new(&config).unwrap()
}

fn text(value: &str) -> HeaderField {
    HeaderField::Text(value.to_owned())
}

fn alice() -> Credentials {
    Credentials {
        development_user: text("alice"),
        ..Credentials::default()
    }
}

#[tokio::test]
async fn a_named_user_is_alone_in_their_own_tenant() {
    let principal = authenticator(&[]).authenticate(&alice()).await.unwrap();
    assert_eq!(principal.subject, "alice");
    assert_eq!(principal.user, UserId::for_subject("dev", "alice"));
    assert_eq!(principal.tenant, TenantId::for_person("dev", "alice"));
    assert_eq!(principal.email, None);
}

#[tokio::test]
async fn without_a_user_nobody_comes_in() {
    let somebody = Credentials {
        authorization: text("Bearer anything"),
        development_email: text("alice@example.com"),
        tenant: text("acme"),
        ..Credentials::default()
    };
    let error = authenticator(&[])
        .authenticate(&somebody)
        .await
        .unwrap_err();
    assert!(matches!(error, AuthError::Unauthenticated { .. }));
    assert!(error.public_message().contains("X-Dev-User-Id"));
}

#[tokio::test]
async fn a_tenant_is_named_by_its_id_or_by_any_word() {
    let uuid = "8c5f1b0e-4e0c-4b8f-9a43-0d9a5a1f6c11";
    let cases = [
        (uuid, uuid.parse::<TenantId>().unwrap()),
        ("acme", TenantId::for_organization("dev", "acme")),
    ];
    for (name, tenant) in cases {
        let credentials = Credentials {
            tenant: text(name),
            ..alice()
        };
        let principal = authenticator(&[]).authenticate(&credentials).await.unwrap();
        assert_eq!(principal.tenant, tenant);
    }
}

#[tokio::test]
async fn a_header_that_cannot_be_read_is_named() {
    let long = "a".repeat(129);
    for bad in [
        "",
        " ",
        "two words",
        "tab\t",
        "nul\0",
        "ключ",
        long.as_str(),
    ] {
        let cases = [
            (
                "X-Dev-User-Id",
                Credentials {
                    development_user: text(bad),
                    ..Credentials::default()
                },
            ),
            (
                "X-Tenant-Id",
                Credentials {
                    tenant: text(bad),
                    ..alice()
                },
            ),
            (
                "X-Dev-User-Email",
                Credentials {
                    development_email: text(bad),
                    ..alice()
                },
            ),
        ];
        for (name, credentials) in cases {
            let error = authenticator(&[])
                .authenticate(&credentials)
                .await
                .unwrap_err();
            assert!(
                matches!(error, AuthError::BadHeader { header, .. } if header == name),
                "{name} = {bad:?}: {error}"
            );
            assert!(error.public_message().contains(name));
        }
    }
    let twice = Credentials {
        development_user: HeaderField::Unreadable,
        ..alice()
    };
    let error = authenticator(&[]).authenticate(&twice).await.unwrap_err();
    assert!(matches!(
        error,
        AuthError::BadHeader {
            header: "X-Dev-User-Id",
            ..
        }
    ));
}

#[tokio::test]
async fn the_allow_list_holds_in_development_too() {
    let authenticator = authenticator(&["@example.com"]);
    let known = Credentials {
        development_email: text("Alice@EXAMPLE.com"),
        ..alice()
    };
    assert!(authenticator.authenticate(&known).await.is_ok());
    for credentials in [
        alice(),
        Credentials {
            development_email: text("alice@other.com"),
            ..alice()
        },
    ] {
        let error = authenticator.authenticate(&credentials).await.unwrap_err();
        assert!(matches!(error, AuthError::Forbidden { .. }));
    }
}

#[test]
fn production_refuses_to_start() {
    let config = AuthConfig {
        mode: Some(AuthMode::DevBypass),
        app_environment: AppEnvironment::Production,
        allow_all: true,
        ..AuthConfig::default()
    };
    let error = Authenticator::new(&config).err().unwrap().to_string();
    assert!(error.starts_with("AUTH_MODE=dev-bypass cannot be combined with APP_ENV=production"));
}
