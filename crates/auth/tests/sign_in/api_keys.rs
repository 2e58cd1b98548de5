//! API keys as texts: what is one, what is found of it, and what nobody gets to see.

use std::collections::HashSet;

use gantry_auth::{ApiKey, ApiKeyDigest, Credentials};
use proptest::prelude::*;
use secrecy::ExposeSecret;

fn credentials(authorization: &str) -> Credentials {
    Credentials::from_headers(
        |name| (name == "Authorization").then_some(authorization.as_bytes()),
        None,
    )
}

#[test]
fn a_key_is_found_by_its_public_part_and_known_by_its_secret_one() {
    let key = ApiKey::generate();
    let text = key.to_secret_text();
    let read = ApiKey::parse(text.expose_secret()).unwrap();
    assert_eq!(read.public_id(), key.public_id());
    assert!(read.is_of_digest(Some(key.digest())));
    assert!(!read.is_of_digest(Some(ApiKey::generate().digest())));
    assert!(!read.is_of_digest(None));
    assert!(!read.is_of_digest(Some(ApiKeyDigest::from_bytes([0; 32]))));
}

#[test]
fn no_two_keys_are_alike_and_each_has_the_agreed_form() {
    let keys: HashSet<String> = (0..1_000)
        .map(|_| {
            ApiKey::generate()
                .to_secret_text()
                .expose_secret()
                .to_owned()
        })
        .collect();
    assert_eq!(keys.len(), 1_000);
    for key in keys {
        assert_eq!(key.len(), "gk_".len() + 16 + "_".len() + 43);
        assert!(key.starts_with("gk_"));
    }
}

#[test]
fn a_key_and_its_digest_have_no_readable_form() {
    let key = ApiKey::generate();
    let text = key.to_secret_text();
    let secret = text.expose_secret().rsplit('_').next().unwrap();
    let shown = format!("{key:?} {:?} {text:?}", key.digest());
    assert!(!shown.contains(secret));
    for byte_pair in key.digest().as_bytes().chunks(4) {
        let hexadecimal: String = byte_pair.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(!shown.contains(&hexadecimal));
    }
}

#[test]
fn only_a_bearer_that_begins_as_keys_do_is_taken_for_one() {
    assert_eq!(credentials("Bearer gk_x").api_key(), Some("gk_x"));
    assert_eq!(credentials("bearer  gk_x ").api_key(), Some("gk_x"));
    for other in [
        "Bearer ey.ey.x",
        "Basic gk_x",
        "gk_x",
        "Bearer",
        "Bearer GK_x",
        "",
    ] {
        assert_eq!(credentials(other).api_key(), None, "{other}");
    }
    let repeated = Credentials::from_headers(|_| [&b"Bearer gk_x"[..], b"Bearer gk_y"], None);
    assert_eq!(repeated.api_key(), None);
}

proptest! {
    #[test]
    fn any_text_is_a_key_of_the_agreed_form_or_none(text in ".{0,80}|gk_[A-Za-z0-9_]{55,65}") {
        if let Some(key) = ApiKey::parse(&text) {
            let read = key.to_secret_text();
            prop_assert_eq!(read.expose_secret(), &text);
        }
    }

    #[test]
    fn a_key_with_one_character_changed_is_another_or_none(place in 0_usize..63, character: char) {
        let key = ApiKey::generate();
        let text = key.to_secret_text().expose_secret().to_owned();
        let changed: String = text
            .chars()
            .enumerate()
            .map(|(at, old)| if at == place { character } else { old })
            .collect();
        prop_assume!(changed != text);
        if let Some(changed) = ApiKey::parse(&changed) {
            let is_same = changed.public_id() == key.public_id() && changed.is_of_digest(Some(key.digest()));
            prop_assert!(!is_same);
        }
    }
}
