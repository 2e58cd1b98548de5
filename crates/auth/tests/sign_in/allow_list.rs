//! Who is on the list and who only looks like it.

use gantry_auth::{AllowList, AppEnvironment, AuthConfig, AuthError, Email, Identity};
use gantry_domain::TenantId;

fn list(entries: &[&str]) -> AllowList {
    let entries: Vec<String> = entries.iter().map(|entry| (*entry).to_owned()).collect();
    AllowList::from_entries("AUTH_ALLOWED_EMAILS", &entries).unwrap()
}

fn person(subject: &str, email: Email) -> Identity {
    Identity {
        issuer: "https://issuer.example".to_owned(),
        subject: subject.to_owned(),
        email,
        display_name: None,
        organization: None,
        tenant: TenantId::for_person("https://issuer.example", subject),
        authorized_party: None,
        expires_at: None,
    }
}

fn admits(list: &AllowList, address: &str) -> bool {
    list.admit(&person("user_x", Email::Known(address.to_owned())))
        .is_ok()
}

#[test]
fn an_address_is_compared_without_regard_to_case() {
    let list = list(&[" Alice@Example.COM "]);
    assert!(admits(&list, "alice@example.com"));
    assert!(admits(&list, "ALICE@EXAMPLE.COM"));
    assert!(!admits(&list, "alice@example.org"));
    assert!(!admits(&list, "malice@example.com"));
}

#[test]
fn a_domain_admits_its_own_addresses_only() {
    let list = list(&["@example.com"]);
    assert!(admits(&list, "anyone@EXAMPLE.com"));
    for address in [
        "a@sub.example.com",
        "a@evil-example.com",
        "a@example.com.evil.org",
        "a@example.com@evil.org",
        "a@evil.org@example.com",
        "\"a@evil.org\"@example.com",
        "a@example.com ",
        "a\n@example.com",
        "@example.com",
        "example.com",
        "a@example.com\0",
    ] {
        assert!(!admits(&list, address), "{address:?}");
    }
}

#[test]
fn a_letter_that_only_folds_alike_is_another_letter() {
    assert!(!admits(
        &list(&["kate@kelvin.org"]),
        "\u{212a}ate@kelvin.org"
    ));
    assert!(!admits(&list(&["@kelvin.org"]), "kate@\u{212a}elvin.org"));
}

#[test]
fn a_subject_is_compared_to_the_letter() {
    let list = list(&["user_alice"]);
    assert!(list.admit(&person("user_alice", Email::Absent)).is_ok());
    assert!(list.admit(&person("USER_ALICE", Email::Absent)).is_err());
    assert!(
        list.admit(&person(
            "user_bob",
            Email::Known("user_alice@example.com".to_owned())
        ))
        .is_err()
    );
}

#[test]
fn a_subject_that_looks_like_an_address_is_none() {
    assert!(
        list(&["alice@example.com"])
            .admit(&person("alice@example.com", Email::Absent))
            .is_err()
    );
}

#[test]
fn an_address_that_cannot_be_looked_up_is_no_refusal_for_ever() {
    let outcome = list(&["@example.com"]).admit(&person("user_x", Email::Unavailable));
    assert!(matches!(
        outcome,
        Err(AuthError::ProviderUnavailable { .. })
    ));
    assert!(
        list(&["user_x"])
            .admit(&person("user_x", Email::Unavailable))
            .is_ok()
    );
}

#[test]
fn an_entry_that_is_nothing_is_named() {
    for entry in [
        "@",
        "@ example.com",
        "a@",
        "a@b@c",
        "two words",
        "@exa mple.com",
        "a b@example.com",
    ] {
        let error = AllowList::from_entries("AUTH_ALLOWED_EMAILS", &[entry.to_owned()])
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("AUTH_ALLOWED_EMAILS") && error.contains(entry),
            "{error}"
        );
    }
}

#[test]
fn blank_entries_are_passed_over() {
    assert!(list(&["", "  "]).admits_everyone());
}

fn config(environment: AppEnvironment, allow_all: bool, entries: &[&str]) -> AuthConfig {
    AuthConfig {
        app_environment: environment,
        allow_all,
        allowed_emails: entries.iter().map(|entry| (*entry).to_owned()).collect(),
        ..AuthConfig::default()
    }
}

#[test]
fn production_needs_a_list_or_a_word_that_none_is_wanted() {
    let error = AllowList::from_config(&config(AppEnvironment::Production, false, &[" "]));
    assert!(
        error
            .unwrap_err()
            .to_string()
            .starts_with("AUTH_ALLOWED_EMAILS is required")
    );
    assert!(AllowList::from_config(&config(AppEnvironment::Production, true, &[])).is_ok());
    assert!(
        AllowList::from_config(&config(AppEnvironment::Production, false, &["a@b.org"])).is_ok()
    );
    assert!(AllowList::from_config(&config(AppEnvironment::Development, false, &[])).is_ok());
}

#[test]
fn a_list_and_everyone_contradict_each_other() {
    let error = AllowList::from_config(&config(AppEnvironment::Test, true, &["a@b.org"]));
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("AUTH_ALLOW_ALL") && error.contains("AUTH_ALLOWED_EMAILS"),
        "{error}"
    );
}
