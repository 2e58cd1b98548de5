//! The issuer is away: those who have keys to be judged by go on, everyone else is told to come back.

use gantry_auth::{AuthError, FAILED_FETCH_PAUSE, KEY_SET_FRESH_FOR, KEY_SET_USABLE_FOR};
use serde_json::json;

use crate::support::identity_server::Reply;
use crate::support::keys;
use crate::support::world::{KEYS_PATH, SIGNED_TOKEN_MODES, World};

#[tokio::test]
async fn without_any_keys_the_answer_is_to_come_back() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        world.server.reply(KEYS_PATH, Reply::HangUp);
        let token = world.token().signed_by(keys::rsa());
        let error = world.sign_in(&token).await.unwrap_err();
        assert!(matches!(
            error,
            AuthError::ProviderUnavailable {
                retry_after_seconds: 2,
                ..
            }
        ));
        assert_eq!(error.code(), "identity_provider_unavailable");
    }
}

#[tokio::test]
async fn an_issuer_that_does_not_answer_is_not_asked_by_everyone() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        world.server.reply(KEYS_PATH, Reply::Status(503));
        for number in 0..20 {
            let token = world
                .token()
                .claim("jti", json!(number))
                .signed_by(keys::rsa());
            assert!(world.sign_in(&token).await.is_err());
        }
        assert_eq!(world.key_fetches(), 1);
    }
}

#[tokio::test]
async fn an_issuer_that_is_back_is_believed_again() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        world.server.reply(KEYS_PATH, Reply::HangUp);
        assert!(
            world
                .sign_in(&world.token().signed_by(keys::rsa()))
                .await
                .is_err()
        );
        world.publish(&[keys::rsa()]);
        world.clock.advance(FAILED_FETCH_PAUSE);
        assert!(
            world
                .sign_in(&world.token().signed_by(keys::rsa()))
                .await
                .is_ok()
        );
    }
}

#[tokio::test]
async fn remembered_keys_carry_through_an_outage_of_an_hour_and_no_longer() {
    for mode in SIGNED_TOKEN_MODES {
        for outage in [
            Reply::HangUp,
            Reply::Status(500),
            Reply::Text("<html>".to_owned()),
        ] {
            let world = World::of(*mode).await;
            assert!(
                world
                    .sign_in(&world.token().signed_by(keys::rsa()))
                    .await
                    .is_ok()
            );
            world.server.reply(KEYS_PATH, outage);
            world.clock.advance(KEY_SET_FRESH_FOR);
            assert!(
                world
                    .sign_in(&world.token().signed_by(keys::rsa()))
                    .await
                    .is_ok()
            );
            let unknown = world.token().signed_by(keys::other_rsa());
            let error = world.sign_in(&unknown).await.unwrap_err();
            assert!(matches!(error, AuthError::Unauthenticated { .. }));
            world.clock.advance(KEY_SET_USABLE_FOR - KEY_SET_FRESH_FOR);
            let error = world
                .sign_in(&world.token().signed_by(keys::rsa()))
                .await
                .unwrap_err();
            assert!(matches!(error, AuthError::ProviderUnavailable { .. }));
        }
    }
}

#[tokio::test]
async fn an_issuer_that_never_finishes_its_answer_is_given_up() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        world.server.reply(KEYS_PATH, Reply::Held(String::new()));
        let error = world
            .sign_in(&world.token().signed_by(keys::rsa()))
            .await
            .unwrap_err();
        assert!(matches!(error, AuthError::ProviderUnavailable { .. }));
        assert_eq!(world.key_fetches(), 1);
    }
}
