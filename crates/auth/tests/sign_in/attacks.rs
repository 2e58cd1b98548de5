//! Every family of forged tokens: refused by every provider, without a panic and without a storm of requests.

mod claims;
mod floods;
mod key_ids;
mod shapes;
mod signatures;

use gantry_auth::RENEWAL_BURST;
use serde_json::Value;

use crate::support::keys;
use crate::support::tokens::compact;
use crate::support::world::{SIGNED_TOKEN_MODES, World};

/// The first fetch, and what tokens may cause on top of it while the clock stands still, for both causes.
const FETCH_LIMIT: usize = 1 + 2 * RENEWAL_BURST as usize;

async fn refused_by_every_provider(forge: impl Fn(&World) -> Vec<(String, String)>) {
    for mode in SIGNED_TOKEN_MODES {
        let world = World::of(*mode).await;
        world.assert_refused(forge(&world)).await;
        assert!(
            world.key_fetches() <= FETCH_LIMIT,
            "{} fetches",
            world.key_fetches()
        );
    }
}

fn named(name: impl ToString, token: String) -> (String, String) {
    (name.to_string(), token)
}

/// Headers changed, then signed with the issuer's own key: the signature is good, the header must not be.
fn with_member(world: &World, name: &str, values: &[Value]) -> Vec<(String, String)> {
    values
        .iter()
        .map(|value| {
            let token = world.token().member(name, value.clone());
            named(
                format!("{name} = {value}"),
                token.signed_as_it_is(keys::rsa()),
            )
        })
        .collect()
}

/// Claims changed, then signed with the issuer's own key.
fn with_claim(world: &World, name: &str, values: &[Value]) -> Vec<(String, String)> {
    values
        .iter()
        .map(|value| {
            let token = world.token().claim(name, value.clone());
            named(format!("{name} = {value}"), token.signed_by(keys::rsa()))
        })
        .collect()
}

/// Payloads written by hand, for what a JSON value cannot hold.
fn with_payload(world: &World, edits: &[(&str, &str)]) -> Vec<(String, String)> {
    let header = world.token().header.to_string();
    let payload = world.token().claims.to_string();
    edits
        .iter()
        .map(|(before, after)| {
            let edited = payload.replacen(before, after, 1);
            assert_ne!(edited, payload, "{before} stands in the payload");
            let token = compact(&header, &edited, |message| keys::rsa().sign(message));
            named(format!("{before} -> {after}"), token)
        })
        .collect()
}
