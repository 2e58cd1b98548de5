//! Keys come and go: rotation is followed at once, and no published oddity makes a weak key count.

use std::sync::Arc;

use gantry_auth::{AuthError, KEY_SET_FRESH_FOR, RENEWAL_INTERVAL};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::identity_server::Reply;
use crate::support::keys;
use crate::support::world::{KEYS_PATH, SIGNED_TOKEN_MODES, World};

#[tokio::test]
async fn keys_are_fetched_once_and_kept_for_five_minutes() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        for subject in ["user_a", "user_b", "user_c"] {
            let token = world
                .token()
                .claim("sub", json!(subject))
                .signed_by(keys::rsa());
            assert!(world.sign_in(&token).await.is_ok());
        }
        assert_eq!(world.key_fetches(), 1);
        world.clock.advance(KEY_SET_FRESH_FOR);
        assert!(
            world
                .sign_in(&world.token().signed_by(keys::rsa()))
                .await
                .is_ok()
        );
        assert_eq!(world.key_fetches(), 2);
    }
}

#[tokio::test]
async fn the_issuer_is_asked_without_anyones_credentials() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        assert!(
            world
                .sign_in(&world.token().signed_by(keys::rsa()))
                .await
                .is_ok()
        );
        for request in world.server.requests() {
            let head = request.head.to_lowercase();
            assert!(
                !head.contains("authorization") && !head.contains("cookie"),
                "{head}"
            );
        }
    }
}

#[tokio::test]
async fn rotation_with_overlap_accepts_both_keys_at_once() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        let old = world.token().signed_by(keys::rsa());
        assert!(world.sign_in(&old).await.is_ok());
        world.publish(&[keys::rsa(), keys::other_rsa()]);
        let new = world.token().signed_by(keys::other_rsa());
        assert!(world.sign_in(&new).await.is_ok());
        let old_again = world
            .token()
            .claim("jti", json!("2"))
            .signed_by(keys::rsa());
        assert!(world.sign_in(&old_again).await.is_ok());
        assert_eq!(world.key_fetches(), 2);
    }
}

#[tokio::test]
async fn rotation_by_cut_over_ends_the_old_key_with_the_fetch() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        assert!(
            world
                .sign_in(&world.token().signed_by(keys::rsa()))
                .await
                .is_ok()
        );
        world.publish(&[keys::other_rsa()]);
        assert!(
            world
                .sign_in(&world.token().signed_by(keys::other_rsa()))
                .await
                .is_ok()
        );
        let old = world
            .token()
            .claim("jti", json!("2"))
            .signed_by(keys::rsa());
        assert!(matches!(
            world.sign_in(&old).await,
            Err(AuthError::Unauthenticated { .. })
        ));
    }
}

#[tokio::test]
async fn a_new_key_under_an_old_id_is_found_by_the_bad_signature() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        assert!(
            world
                .sign_in(&world.token().signed_by(keys::rsa()))
                .await
                .is_ok()
        );
        world.publish(&[keys::rogue_rsa()]);
        assert!(
            world
                .sign_in(&world.token().signed_by(keys::rogue_rsa()))
                .await
                .is_ok()
        );
    }
}

#[tokio::test]
async fn a_withdrawn_key_stops_counting_for_a_remembered_token_too() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        let long = world.token().claims["exp"].as_i64().unwrap() + 3600;
        let token = world
            .token()
            .claim("exp", json!(long))
            .signed_by(keys::rsa());
        assert!(world.sign_in(&token).await.is_ok());
        world.publish(&[keys::other_rsa()]);
        world.clock.advance(KEY_SET_FRESH_FOR);
        assert!(world.sign_in(&token).await.is_err());
    }
}

#[tokio::test]
async fn forgeries_do_not_keep_a_new_key_out() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        for number in 0..100u8 {
            let unknown = world.token().member("kid", json!(format!("ins_{number}")));
            assert!(
                world
                    .sign_in(&unknown.signed_with(|_| vec![number; 256]))
                    .await
                    .is_err()
            );
            assert!(
                world
                    .sign_in(&world.token().signed_with(|_| vec![number; 256]))
                    .await
                    .is_err()
            );
        }
        world.publish(&[keys::other_rsa()]);
        world.clock.advance(RENEWAL_INTERVAL);
        assert!(
            world
                .sign_in(&world.token().signed_by(keys::other_rsa()))
                .await
                .is_ok()
        );
    }
}

#[tokio::test]
async fn an_id_that_was_not_found_is_not_looked_for_again_at_once() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        for number in 0..10 {
            let token = world
                .token()
                .claim("jti", json!(number))
                .signed_by(keys::other_rsa());
            assert!(world.sign_in(&token).await.is_err());
        }
        assert_eq!(world.key_fetches(), 2);
    }
}

#[tokio::test]
async fn fifty_callers_at_once_cause_one_fetch() {
    for mode in SIGNED_TOKEN_MODES {
        let world = Arc::new(World::of(*mode).await);
        let set = json!({"keys": [keys::rsa().jwk()]}).to_string();
        world.server.reply(KEYS_PATH, Reply::Held(set));
        let mut callers = JoinSet::new();
        for number in 0..50 {
            let world = Arc::clone(&world);
            let token = world
                .token()
                .claim("jti", json!(number))
                .signed_by(keys::rsa());
            callers.spawn(async move { world.sign_in(&token).await });
        }
        world.server.wait_for_request(KEYS_PATH).await;
        world.server.release();
        while let Some(outcome) = callers.join_next().await {
            assert!(outcome.unwrap().is_ok());
        }
        assert_eq!(world.key_fetches(), 1);
    }
}

#[tokio::test]
async fn a_caller_who_goes_away_does_not_make_the_fetch_start_over() {
    for mode in SIGNED_TOKEN_MODES {
        let world = Arc::new(World::of(*mode).await);
        let set = json!({"keys": [keys::rsa().jwk()]}).to_string();
        world.server.reply(KEYS_PATH, Reply::Held(set));
        let token = world.token().signed_by(keys::rsa());
        let caller = {
            let (world, token) = (Arc::clone(&world), token.clone());
            tokio::spawn(async move { world.sign_in(&token).await })
        };
        world.server.wait_for_request(KEYS_PATH).await;
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        world.server.release();
        assert!(world.sign_in(&token).await.is_ok());
        assert_eq!(world.key_fetches(), 1);
    }
}

fn changed(mut jwk: Value, name: &str, value: Value) -> Value {
    jwk[name] = value;
    jwk
}

/// Oddities stand beside one good key, which must go on working while none of the others counts.
#[tokio::test]
async fn a_key_that_is_not_for_signatures_or_not_sound_does_not_count() {
    for mode in SIGNED_TOKEN_MODES {
        let odd = keys::other_rsa();
        let oddities = [
            ("use", json!("enc")),
            ("key_ops", json!(["encrypt"])),
            ("alg", json!("HS256")),
            ("alg", json!("none")),
            ("alg", json!("RSA-OAEP")),
            ("alg", json!("ES256")),
            ("alg", json!("PS256")),
            ("kty", json!("oct")),
            ("kty", json!("EC")),
            ("kid", json!("")),
            ("kid", json!(7)),
            ("kid", json!(null)),
            ("n", json!("AQAB")),
            ("n", json!("not base64!")),
            ("n", json!(null)),
            ("e", json!("AQ")),
            ("e", json!("")),
            ("e", json!("Ag")),
            ("n", json!("_".repeat(2000))),
        ];
        for (name, value) in oddities {
            let world = World::of(*mode).await;
            let strange = changed(odd.jwk(), name, value.clone());
            world.publish_jwks(&[json!(null), json!(7), json!({}), strange, keys::rsa().jwk()]);
            let outcome = world.sign_in(&world.token().signed_by(odd)).await;
            assert!(
                matches!(outcome, Err(AuthError::Unauthenticated { .. })),
                "{name} = {value}"
            );
            assert!(
                world
                    .sign_in(&world.token().signed_by(keys::rsa()))
                    .await
                    .is_ok()
            );
        }
    }
}

#[tokio::test]
async fn a_point_that_is_not_on_its_curve_is_no_key() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        let moved = changed(keys::p256().jwk(), "x", json!(keys::encode([1; 32])));
        let swapped = changed(keys::p384().jwk(), "crv", json!("P-256"));
        world.publish_jwks(&[moved, swapped, keys::rsa().jwk()]);
        for key in [keys::p256(), keys::p384()] {
            assert!(world.sign_in(&world.token().signed_by(key)).await.is_err());
        }
        assert!(
            world
                .sign_in(&world.token().signed_by(keys::rsa()))
                .await
                .is_ok()
        );
    }
}

#[tokio::test]
async fn two_keys_of_one_id_are_both_tried() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        world.publish(&[keys::rogue_rsa(), keys::rsa()]);
        for key in [keys::rsa(), keys::rogue_rsa()] {
            assert!(world.sign_in(&world.token().signed_by(key)).await.is_ok());
        }
    }
}

#[tokio::test]
async fn a_redirect_within_the_issuer_is_followed_and_no_other() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        world
            .server
            .reply_json("/moved", &json!({"keys": [keys::rsa().jwk()]}));
        world
            .server
            .reply(KEYS_PATH, Reply::Redirect("/moved".to_owned()));
        assert!(
            world
                .sign_in(&world.token().signed_by(keys::rsa()))
                .await
                .is_ok()
        );

        let elsewhere = World::of(*mode).await;
        let world = World::of(*mode).await;
        let foreign = format!("{}{KEYS_PATH}", elsewhere.server.url());
        world.server.reply(KEYS_PATH, Reply::Redirect(foreign));
        let error = world
            .sign_in(&world.token().signed_by(keys::rsa()))
            .await
            .unwrap_err();
        assert!(matches!(error, AuthError::ProviderUnavailable { .. }));
        assert_eq!(elsewhere.key_fetches(), 0);
    }
}

#[tokio::test]
async fn keys_at_a_configured_address_are_found_there() {
    for mode in SIGNED_TOKEN_MODES {
        let keys_server = World::of(*mode).await;
        let address = format!("{}/keys?tenant=1", keys_server.server.url());
        keys_server
            .server
            .reply_json("/keys?tenant=1", &json!({"keys": [keys::ed25519().jwk()]}));
        let world = World::with(*mode, |config| config.jwks_url = Some(address)).await;
        assert!(
            world
                .sign_in(&world.token().signed_by(keys::ed25519()))
                .await
                .is_ok()
        );
        assert_eq!(world.server.requests().len(), 0);
    }
}

#[tokio::test]
async fn pinned_keys_need_no_issuer_and_admit_no_other_key() {
    for mode in SIGNED_TOKEN_MODES {
        let pinned = [keys::rsa(), keys::ed25519(), keys::p256()];
        let pems: Vec<String> = pinned.iter().map(|key| key.public_pem()).collect();
        let in_one_line = pems.concat().replace('\n', "\\n");
        for text in [pems.concat(), in_one_line] {
            let world = World::with(*mode, |config| config.public_keys = Some(text)).await;
            for key in pinned {
                assert!(world.sign_in(&world.token().signed_by(key)).await.is_ok());
            }
            let error = world
                .sign_in(&world.token().signed_by(keys::other_rsa()))
                .await
                .unwrap_err();
            assert!(
                matches!(error, AuthError::Unauthenticated { .. }),
                "{error}"
            );
            assert_eq!(world.key_fetches(), 0);
        }
    }
}
