//! Storms of forgeries, and an issuer that answers with nonsense.

use gantry_auth::{AuthError, RENEWAL_BURST};
use serde_json::json;

use super::named;
use crate::support::identity_server::Reply;
use crate::support::keys::{self};
use crate::support::world::{KEYS_PATH, SIGNED_TOKEN_MODES, World};

#[tokio::test]
async fn ten_thousand_unknown_key_ids_cause_a_handful_of_fetches() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        let tokens = (0..10_000).map(|number| {
            let token = world.token().member("kid", json!(format!("ins_{number}")));
            named(number, token.signed_with(|_| vec![1; 256]))
        });
        world.assert_refused(tokens).await;
        assert_eq!(world.key_fetches(), 1 + RENEWAL_BURST as usize);
    }
}

#[tokio::test]
async fn a_thousand_bad_signatures_cause_a_handful_of_fetches() {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        let tokens = (0..1_000u32).map(|number| {
            named(
                number,
                world
                    .token()
                    .signed_with(|_| number.to_be_bytes().repeat(64)),
            )
        });
        world.assert_refused(tokens).await;
        assert_eq!(world.key_fetches(), 1 + RENEWAL_BURST as usize);
    }
}

#[tokio::test]
async fn a_hostile_answer_of_the_issuer_lets_nobody_in() {
    for mode in SIGNED_TOKEN_MODES {
        for reply in [
            Reply::Text("not json".to_owned()),
            Reply::Text("{}".to_owned()),
            Reply::Text("{\"keys\":[]}".to_owned()),
            Reply::Text("{\"keys\":{}}".to_owned()),
            Reply::Text("[".repeat(100_000)),
            Reply::Status(500),
            Reply::Status(404),
            Reply::HangUp,
            Reply::Endless,
            Reply::Redirect("http://127.0.0.1:9/keys".to_owned()),
        ] {
            let world = World::of(*mode).await;
            world.server.reply(KEYS_PATH, reply);
            let error = world
                .sign_in(&world.token().signed_by(keys::rsa()))
                .await
                .unwrap_err();
            assert!(
                matches!(error, AuthError::ProviderUnavailable { .. }),
                "{error}"
            );
        }
    }
}
