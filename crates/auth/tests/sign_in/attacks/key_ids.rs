//! Headers that try to choose the key or the meaning.

use serde_json::json;

use super::{named, refused_by_every_provider, with_member};
use crate::support::keys::{self};
use crate::support::world::{SIGNED_TOKEN_MODES, World};

#[tokio::test]
async fn a_key_id_that_is_none_is_refused_without_asking_the_issuer() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        let mut tokens = with_member(
            &world,
            "kid",
            &[
                json!(7),
                json!(null),
                json!(["ins_first"]),
                json!({"kid": "ins_first"}),
                json!(true),
                json!(""),
                json!("ins_first\0"),
                json!("a".repeat(8 * 1024)),
                json!("ins_first\r\nX-Evil: 1"),
                json!("ins first"),
                json!("ключ"),
            ],
        );
        let missing = world.token().without_member("kid");
        tokens.push(named("missing", missing.signed_as_it_is(keys::rsa())));
        world.assert_refused(tokens).await;
        assert_eq!(world.key_fetches(), 1);
    }
}

#[tokio::test]
async fn a_key_id_is_only_ever_compared() {
    refused_by_every_provider(|world| {
        with_member(
            world,
            "kid",
            &[
                json!("ins_unknown"),
                json!("../../../../etc/passwd"),
                json!("/dev/null"),
                json!("file:///dev/null"),
                json!("'OR'1'='1"),
                json!("ins_first';DROP--"),
                json!("http://attacker.example/key"),
                json!("INS_FIRST"),
            ],
        )
    })
    .await;
}

#[tokio::test]
async fn a_key_that_the_token_brings_along_is_not_looked_at() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        let rogue = keys::rogue_rsa();
        let elsewhere = format!("{}/rogue.json", world.server.url());
        world
            .server
            .reply_json("/rogue.json", &json!({"keys": [rogue.jwk()]}));
        let attachments = [
            ("jku", json!(elsewhere)),
            ("x5u", json!(elsewhere)),
            ("jwk", rogue.jwk()),
            ("x5c", json!(["MIIB"])),
        ];
        let mut tokens = Vec::new();
        for (name, value) in attachments {
            let token = world.token().member(name, value);
            tokens.push(named(name, token.signed_as_it_is(rogue)));
            let other_key = token.member("kid", json!("rogue"));
            tokens.push(named(
                format!("{name} with its own kid"),
                other_key.signed_as_it_is(rogue),
            ));
        }
        world.assert_refused(tokens).await;
        assert_eq!(world.server.count("/rogue.json"), 0);
    }
}

#[tokio::test]
async fn a_header_that_changes_the_meaning_is_refused() {
    refused_by_every_provider(|world| {
        let mut tokens = with_member(
            world,
            "typ",
            &[
                json!("at+jwt"),
                json!("application/at+jwt"),
                json!("JWE"),
                json!("JOSE"),
                json!("logout+jwt"),
                json!("dpop+jwt"),
                json!(""),
                json!(null),
                json!(1),
                json!(["JWT"]),
            ],
        );
        tokens.extend(with_member(
            world,
            "crit",
            &[json!([]), json!(["exp"]), json!(["b64"]), json!(null)],
        ));
        tokens.extend(with_member(world, "b64", &[json!(false), json!(true)]));
        tokens.extend(with_member(world, "zip", &[json!("DEF")]));
        tokens
    })
    .await;
}
