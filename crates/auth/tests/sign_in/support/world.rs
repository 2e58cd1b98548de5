//! One authenticator beside one identity provider.

use std::sync::Arc;

use gantry_auth::{
    AppEnvironment, AuthConfig, AuthError, AuthMode, Authenticator, Clock, Credentials,
    HeaderField, Principal,
};
use serde_json::{Value, json};

use super::clock::ManualClock;
use super::identity_server::IdentityServer;
use super::keys::{self, SigningKey};
use super::tokens::Token;

pub const KEYS_PATH: &str = "/.well-known/jwks.json";
pub const APP: &str = "https://app.example.com";

/// The providers of signed tokens that are compiled in; each must pass the same tests.
pub const SIGNED_TOKEN_MODES: &[AuthMode] = &[
    #[cfg(feature = "auth-clerk")]
    AuthMode::Clerk,
    #[cfg(feature = "auth-oidc")]
    AuthMode::Oidc,
];

pub struct World {
    pub server: IdentityServer,
    pub clock: Arc<ManualClock>,
    pub authenticator: Arc<Authenticator>,
}

impl World {
    /// A provider that publishes one RSA key, and an authenticator as most tests want it.
    pub async fn of(mode: AuthMode) -> Self {
        Self::with(mode, |_| {}).await
    }

    /// The same with other settings.
    pub async fn with(mode: AuthMode, change: impl FnOnce(&mut AuthConfig)) -> Self {
        let server = IdentityServer::start().await;
        let clock = Arc::new(ManualClock::default());
        let issuer = server.url();
        let mut config = AuthConfig {
            mode: Some(mode),
            app_environment: AppEnvironment::Test,
            clerk_issuer: Some(issuer.clone()),
            clerk_audience: vec!["gantry".to_owned()],
            oidc_issuer: Some(issuer.clone()),
            oidc_audience: vec!["gantry".to_owned()],
            authorized_parties: vec![APP.to_owned()],
            ..AuthConfig::default()
        };
        change(&mut config);
        let discovery = json!({"issuer": issuer, "jwks_uri": format!("{issuer}{KEYS_PATH}")});
        server.reply_json("/.well-known/openid-configuration", &discovery);
        let authenticator = Authenticator::with_clock(&config, clock.clone()).unwrap();
        let world = Self {
            server,
            clock,
            authenticator: Arc::new(authenticator),
        };
        world.publish(&[keys::rsa()]);
        world
    }

    pub fn publish(&self, keys: &[&SigningKey]) {
        self.publish_jwks(&keys.iter().map(|key| key.jwk()).collect::<Vec<_>>());
    }

    pub fn publish_jwks(&self, keys: &[Value]) {
        self.server.reply_json(KEYS_PATH, &json!({ "keys": keys }));
    }

    pub fn key_fetches(&self) -> usize {
        self.server.count(KEYS_PATH)
    }

    /// A token that every provider accepts, once signed.
    pub fn token(&self) -> Token {
        let now = self.clock.now().timestamp();
        Token {
            header: json!({"alg": "RS256", "typ": "JWT", "kid": keys::rsa().key_id}),
            claims: json!({
                "iss": self.server.url(), "sub": "user_alice", "aud": "gantry", "azp": APP,
                "exp": now + 60, "nbf": now - 10, "iat": now - 10,
            }),
        }
    }

    pub async fn sign_in(&self, token: &str) -> Result<Principal, AuthError> {
        self.authenticator.authenticate(&bearer(token)).await
    }

    /// Every one of the named tokens is refused as proving nothing, and an honest one still comes in.
    pub async fn assert_refused(&self, tokens: impl IntoIterator<Item = (String, String)>) {
        for (name, token) in tokens {
            let outcome = self.sign_in(&token).await;
            assert!(
                matches!(outcome, Err(AuthError::Unauthenticated { .. })),
                "{name}: {outcome:?}"
            );
        }
        let honest = self.sign_in(&self.token().signed_by(keys::rsa())).await;
        assert!(honest.is_ok(), "an honest token afterwards: {honest:?}");
    }
}

pub fn bearer(token: &str) -> Credentials {
    Credentials {
        authorization: HeaderField::Text(format!("Bearer {token}")),
        ..Credentials::default()
    }
}
