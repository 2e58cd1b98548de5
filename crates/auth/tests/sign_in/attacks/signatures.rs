//! Signatures that prove nothing: none, of the wrong kind, of nothing, by the wrong key.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use serde_json::{Value, json};

use super::{named, refused_by_every_provider, with_member};
use crate::support::keys::{self};
use crate::support::world::{SIGNED_TOKEN_MODES, World};

#[tokio::test]
async fn no_algorithm_is_no_proof() {
    refused_by_every_provider(|world| {
        let spellings = [
            "none", "None", "NONE", "nOnE", "none ", " none", "none\0", "",
        ];
        let mut values: Vec<Value> = spellings.iter().map(|spelling| json!(spelling)).collect();
        values.extend([
            json!(null),
            json!(["none"]),
            json!(["RS256"]),
            json!(0),
            json!({}),
        ]);
        let mut tokens = Vec::new();
        for value in values {
            let token = world.token().member("alg", value.clone());
            tokens.push(named(
                format!("{value} unsigned"),
                token.signed_with(|_| Vec::new()),
            ));
            tokens.push(named(
                format!("{value} signed"),
                token.signed_as_it_is(keys::rsa()),
            ));
        }
        let missing = world.token().without_member("alg");
        tokens.push(named(
            "missing unsigned",
            missing.signed_with(|_| Vec::new()),
        ));
        tokens.push(named(
            "missing signed",
            missing.signed_as_it_is(keys::rsa()),
        ));
        tokens
    })
    .await;
}

#[tokio::test]
async fn an_algorithm_has_one_spelling() {
    refused_by_every_provider(|world| {
        let values = [
            "rs256", "Rs256", "RS256 ", "RS-256", "RSA256", "HS256", "ES256K", "RS1",
        ];
        with_member(world, "alg", &values.map(|value| json!(value)))
    })
    .await;
}

#[tokio::test]
async fn a_public_key_is_never_a_shared_secret() {
    refused_by_every_provider(|world| {
        let jwk = keys::rsa().jwk();
        let modulus = jwk["n"].as_str().unwrap().to_owned();
        let secrets: Vec<(&str, Vec<u8>)> = vec![
            ("the PEM", keys::rsa().public_pem().into_bytes()),
            (
                "the PEM without its last line end",
                keys::rsa().public_pem().trim_end().as_bytes().to_vec(),
            ),
            ("the modulus as text", modulus.into_bytes()),
            ("the JWK", jwk.to_string().into_bytes()),
            (
                "the key set",
                json!({ "keys": [jwk] }).to_string().into_bytes(),
            ),
            ("the empty key", Vec::new()),
        ];
        let algorithms = [
            ("HS256", hmac::HMAC_SHA256),
            ("HS384", hmac::HMAC_SHA384),
            ("HS512", hmac::HMAC_SHA512),
        ];
        let mut tokens = Vec::new();
        for (name, secret) in &secrets {
            for (algorithm, hash) in algorithms {
                let key = hmac::Key::new(hash, secret);
                let token = world.token().member("alg", json!(algorithm));
                let forged =
                    token.signed_with(|message| hmac::sign(&key, message).as_ref().to_vec());
                tokens.push(named(format!("{algorithm} with {name}"), forged));
            }
        }
        tokens
    })
    .await;
}

#[tokio::test]
async fn a_signature_of_nothing_signs_nothing() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        let curves = [keys::p256(), keys::p384(), keys::p521(), keys::ed25519()];
        let mut published: Vec<_> = curves.to_vec();
        published.push(keys::rsa());
        world.publish(&published);
        let mut tokens = Vec::new();
        for key in curves {
            let token = world
                .token()
                .member("alg", json!(key.algorithm))
                .member("kid", json!(key.key_id));
            for length in [0, 1, 8, 63, 64, 65, 72, 96, 132, 256] {
                let name = format!("{} zeros for {}", length, key.algorithm);
                tokens.push(named(name, token.signed_with(|_| vec![0; length])));
            }
            let order_like = token.signed_with(|_| vec![0xff; 64]);
            tokens.push(named(format!("all ones for {}", key.algorithm), order_like));
        }
        world.assert_refused(tokens).await;
    }
}

#[tokio::test]
async fn a_key_verifies_only_its_own_algorithm() {
    refused_by_every_provider(|world| {
        let mut tokens = Vec::new();
        for (claimed, made) in [
            ("RS256", "PS256"),
            ("RS256", "RS512"),
            ("PS256", "RS256"),
            ("PS256", "PS256"),
        ] {
            let token = world.token().member("alg", json!(claimed));
            let forged = token.signed_with(|message| keys::rsa().sign_as(made, message));
            tokens.push(named(format!("{made} as {claimed}"), forged));
        }
        for claimed in ["ES256", "ES384", "ES512", "EdDSA"] {
            let token = world.token().member("alg", json!(claimed));
            tokens.push(named(
                format!("RS256 as {claimed}"),
                token.signed_as_it_is(keys::rsa()),
            ));
        }
        tokens
    })
    .await;
}

#[tokio::test]
async fn a_token_of_a_key_that_was_never_published_is_refused() {
    refused_by_every_provider(|world| {
        let token = world.token();
        vec![
            named("another key", token.signed_by(keys::other_rsa())),
            named(
                "another key under a published id",
                token.signed_as_it_is(keys::rogue_rsa()),
            ),
        ]
    })
    .await;
}

/// With the exponent 1 every message that is padded as it should be is its own signature.
#[tokio::test]
async fn an_exponent_that_changes_nothing_signs_nothing() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        for exponent in ["AQ", "AAAB", "Ag", ""] {
            let mut unsound = keys::other_rsa().jwk();
            unsound["e"] = json!(exponent);
            world.publish_jwks(&[unsound, keys::rsa().jwk()]);
            let token = world.token().member("kid", json!(keys::other_rsa().key_id));
            let forged = token.signed_with(padded_digest);
            world.assert_refused([named(exponent, forged)]).await;
        }
    }
}

/// The SHA-256 of the message, padded for a modulus of 2048 bits (RFC 8017, 9.2).
fn padded_digest(message: &[u8]) -> Vec<u8> {
    const SHA_256_IDENTIFIER: [u8; 19] = [
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
        0x05, 0x00, 0x04, 0x20,
    ];
    let digest = digest(&SHA256, message);
    let filler = 256 - 3 - SHA_256_IDENTIFIER.len() - digest.as_ref().len();
    [
        &[0, 1],
        &vec![0xff; filler][..],
        &[0],
        &SHA_256_IDENTIFIER,
        digest.as_ref(),
    ]
    .concat()
}
