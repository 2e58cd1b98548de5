//! Claims that a good signature does not save.

use serde_json::json;

use super::{named, refused_by_every_provider, with_claim, with_payload};
use crate::support::keys::{self};

#[tokio::test]
async fn a_token_ends_when_it_says_and_must_say_so() {
    refused_by_every_provider(|world| {
        let now = world.token().claims["exp"].as_i64().unwrap() - 60;
        let mut tokens = with_claim(
            world,
            "exp",
            &[
                json!(now - 5),
                json!(now - 60),
                json!(0),
                json!(-1),
                json!((now + 60).to_string()),
                json!(null),
                json!([now + 60]),
                json!(true),
                json!(1e300),
                json!(-1e300),
                json!(u64::MAX),
                json!(i64::MIN),
            ],
        );
        let missing = world.token().without_claim("exp");
        tokens.push(named("exp missing", missing.signed_by(keys::rsa())));
        let seconds = format!("\"exp\":{}", now + 60);
        tokens.extend(with_payload(
            world,
            &[
                (&seconds, "\"exp\":1e999"),
                (&seconds, "\"exp\":NaN"),
                (&seconds, "\"exp\":Infinity"),
            ],
        ));
        tokens
    })
    .await;
}

#[tokio::test]
async fn a_token_from_the_future_is_refused() {
    refused_by_every_provider(|world| {
        let now = world.token().claims["exp"].as_i64().unwrap() - 60;
        let text = json!(now.to_string());
        let mut tokens = with_claim(
            world,
            "nbf",
            &[json!(now + 60), json!(now + 6), text.clone(), json!(null)],
        );
        tokens.extend(with_claim(
            world,
            "iat",
            &[json!(now + 600), json!(now + 6), text, json!(null)],
        ));
        tokens
    })
    .await;
}

#[tokio::test]
async fn an_issuer_is_compared_to_the_letter() {
    refused_by_every_provider(|world| {
        let issuer = world.server.url();
        let mut tokens = with_claim(
            world,
            "iss",
            &[
                json!(format!("{issuer}/")),
                json!(format!("{issuer}.attacker.example")),
                json!(issuer[..issuer.len() - 1]),
                json!(issuer.to_uppercase()),
                json!([issuer]),
                json!(null),
                json!(""),
                json!(format!(" {issuer}")),
                json!(format!("{issuer}\0")),
            ],
        );
        tokens.push(named(
            "missing",
            world.token().without_claim("iss").signed_by(keys::rsa()),
        ));
        tokens
    })
    .await;
}

#[tokio::test]
async fn an_audience_must_hold_this_service() {
    refused_by_every_provider(|world| {
        let mut tokens = with_claim(
            world,
            "aud",
            &[
                json!("other"),
                json!(""),
                json!(["other"]),
                json!([]),
                json!(null),
                json!({"aud": "gantry"}),
                json!("gantry "),
                json!(["gantry,other"]),
            ],
        );
        tokens.push(named(
            "missing",
            world.token().without_claim("aud").signed_by(keys::rsa()),
        ));
        tokens
    })
    .await;
}

#[tokio::test]
async fn a_party_that_is_not_authorized_is_refused_and_so_is_none() {
    refused_by_every_provider(|world| {
        let mut tokens = with_claim(
            world,
            "azp",
            &[
                json!("https://attacker.example"),
                json!("https://app.example.com/"),
                json!("https://app.example.com.evil"),
                json!(""),
                json!(null),
                json!(["https://app.example.com"]),
            ],
        );
        tokens.push(named(
            "missing",
            world.token().without_claim("azp").signed_by(keys::rsa()),
        ));
        tokens
    })
    .await;
}

#[tokio::test]
async fn a_subject_is_a_name() {
    refused_by_every_provider(|world| {
        let mut tokens = with_claim(
            world,
            "sub",
            &[
                json!(""),
                json!(" "),
                json!("user\0"),
                json!("user\nadmin"),
                json!("user\u{7f}"),
                json!("a".repeat(256)),
                json!(null),
                json!(7),
                json!(["user_alice"]),
                json!({}),
            ],
        );
        tokens.push(named(
            "missing",
            world.token().without_claim("sub").signed_by(keys::rsa()),
        ));
        tokens
    })
    .await;
}
