//! Texts that are no tokens, too large, or read in two ways.

use std::sync::Arc;

use gantry_auth::{AuthError, TOKEN_LIMIT_BYTES};
use proptest::prelude::*;
use serde_json::json;

use super::{named, refused_by_every_provider};
use crate::support::keys::{self, encode};
use crate::support::tokens::{Token, compact};
use crate::support::world::{SIGNED_TOKEN_MODES, World, bearer};

#[tokio::test]
async fn what_is_too_large_is_not_read() {
    refused_by_every_provider(|world| {
        let header = world.token().header.to_string();
        let claims = world.token().claims.to_string();
        let sign = |message: &[u8]| keys::rsa().sign(message);
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let deeper_than_read = format!("{}{}", "[".repeat(200), "]".repeat(200));
        let padded = world
            .token()
            .claim("filler", json!("a".repeat(TOKEN_LIMIT_BYTES)));
        vec![
            named(
                "8 MB payload",
                compact(&header, vec![b' '; 8 * 1024 * 1024], sign),
            ),
            named(
                "200 KB header",
                compact(vec![b' '; 200 * 1024], &claims, sign),
            ),
            named("100,000 levels", compact(&header, &deep, sign)),
            named(
                "100,000 levels in the header",
                compact(&deep, &claims, sign),
            ),
            named("200 levels", compact(&header, &deeper_than_read, sign)),
            named(
                "an honest token that is too long",
                padded.signed_by(keys::rsa()),
            ),
        ]
    })
    .await;
}

#[tokio::test]
async fn what_is_not_three_clean_parts_is_no_token() {
    refused_by_every_provider(|world| {
        let good = world
            .token()
            .claim("jti", json!("1"))
            .signed_by(keys::rsa());
        let parts: Vec<&str> = good.split('.').collect();
        let [header, payload, signature] = parts[..] else {
            panic!("three parts")
        };
        let signed_bom = compact(
            format!("\u{feff}{}", world.token().header),
            world.token().claims.to_string(),
            |message| keys::rsa().sign(message),
        );
        let signed_payload_bom = compact(
            world.token().header.to_string(),
            format!("\u{feff}{}", world.token().claims),
            |message| keys::rsa().sign(message),
        );
        [
            String::new(),
            ".".to_owned(),
            "..".to_owned(),
            "...".to_owned(),
            "a.b.c".to_owned(),
            format!("{header}.{payload}"),
            format!("{header}.{payload}."),
            format!(".{payload}.{signature}"),
            format!("{header}..{signature}"),
            format!("{good}."),
            format!(".{good}"),
            format!("{good}.{signature}.x"),
            format!("{header}.{payload}.{signature}.{payload}.{signature}"),
            format!("\u{feff}{good}"),
            format!("{good}="),
            format!("{header}=.{payload}.{signature}"),
            format!("{header}.{payload}==.{signature}"),
            format!("{header}.{payload}.{signature}\u{0}"),
            format!("{header}\n.{payload}.{signature}"),
            good.replace('_', "/").replace('-', "+") + "+",
            format!("{header} .{payload}.{signature}"),
            format!("{good},{good}"),
            format!("{good} {good}"),
            signed_bom,
            signed_payload_bom,
        ]
        .into_iter()
        .enumerate()
        .map(|(number, token)| named(format!("malformed {number}"), token))
        .collect()
    })
    .await;
}

#[tokio::test]
async fn a_name_that_stands_twice_is_refused() {
    refused_by_every_provider(|world| {
        let header = world.token().header.to_string();
        let claims = world.token().claims.to_string();
        let sign = |message: &[u8]| keys::rsa().sign(message);
        let twice = |text: &str, member: &str| text.replacen('{', &format!("{{{member},"), 1);
        vec![
            named(
                "sub",
                compact(&header, twice(&claims, "\"sub\":\"user_mallory\""), sign),
            ),
            named(
                "exp",
                compact(&header, twice(&claims, "\"exp\":9999999999"), sign),
            ),
            named(
                "escaped sub",
                compact(
                    &header,
                    twice(&claims, "\"s\\u0075b\":\"user_mallory\""),
                    sign,
                ),
            ),
            named(
                "nested",
                compact(&header, twice(&claims, "\"x\":{\"a\":1,\"a\":2}"), sign),
            ),
            named(
                "alg",
                compact(twice(&header, "\"alg\":\"none\""), &claims, sign),
            ),
            named(
                "kid",
                compact(twice(&header, "\"kid\":\"rogue\""), &claims, sign),
            ),
        ]
    })
    .await;
}

#[tokio::test]
async fn what_is_not_an_object_is_no_token() {
    refused_by_every_provider(|world| {
        let header = world.token().header.to_string();
        let claims = world.token().claims.to_string();
        let sign = |message: &[u8]| keys::rsa().sign(message);
        let mut tokens = Vec::new();
        for text in [
            "null", "[]", "1", "\"text\"", "", "{", "{}", "{}{}", "\u{0}", "{\"a\":}",
        ] {
            tokens.push(named(
                format!("header {text:?}"),
                compact(text, &claims, sign),
            ));
            tokens.push(named(
                format!("payload {text:?}"),
                compact(&header, text, sign),
            ));
        }
        tokens.push(named(
            "header not UTF-8",
            compact([0xff, 0xfe], &claims, sign),
        ));
        tokens.push(named(
            "payload not UTF-8",
            compact(&header, [0xff, 0xfe], sign),
        ));
        tokens.push(named(
            "payload followed by another",
            compact(&header, format!("{claims}{claims}"), sign),
        ));
        tokens
    })
    .await;
}

#[tokio::test]
async fn what_a_caller_reads_holds_nothing_of_the_token() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        let marker = "mallory-was-here";
        let token = world
            .token()
            .claim("sub", json!(format!("{marker}\0")))
            .member("x", json!(marker));
        let error = world
            .sign_in(&token.signed_by(keys::rsa()))
            .await
            .unwrap_err();
        for text in [
            error.public_message(),
            error.to_string(),
            format!("{error:?}"),
            format!("{:?}", bearer(marker)),
        ] {
            assert!(!text.contains(marker), "{text}");
        }
    }
}

/// A token changed in one place, or one that never was a token.
fn hostile_token(good: String) -> impl Strategy<Value = String> {
    let part = proptest::collection::vec(any::<u8>(), 0..200).prop_map(encode);
    let length = good.len();
    prop_oneof![
        any::<String>(),
        proptest::collection::vec(any::<u8>(), 0..400)
            .prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        (part.clone(), part.clone(), part).prop_map(|(a, b, c)| format!("{a}.{b}.{c}")),
        (0..length, "[A-Za-z0-9_.-]").prop_filter_map("unchanged", move |(place, character)| {
            let mut changed = good.clone();
            changed.replace_range(place..place + 1, &character);
            (changed != good).then_some(changed)
        }),
    ]
}

#[test]
fn no_text_but_a_good_token_comes_in() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for mode in SIGNED_TOKEN_MODES {
        let world = Arc::new(runtime.block_on(World::of(*mode)));
        let good: Token = world.token();
        proptest!(ProptestConfig::with_cases(400), |(token in hostile_token(good.signed_by(keys::rsa())))| {
            let outcome = runtime.block_on(world.sign_in(&token));
            let refused = matches!(outcome, Err(AuthError::Unauthenticated { .. }));
            prop_assert!(refused, "{:?}", outcome);
        });
    }
}
