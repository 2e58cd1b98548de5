//! Sessions of Clerk, verified by the instance's published keys.

mod backend_api;
mod organization;
mod webhooks;

pub(super) use webhooks::webhook_source;

use std::sync::Arc;

use async_trait::async_trait;
use secrecy::ExposeSecret;
use url::Url;

use self::backend_api::BackendApi;
use super::{IdentityProvider, profile_claims};
use crate::clock::Clock;
use crate::config::AuthConfig;
use crate::config::issuer::{issuer_url, trusted_url, well_known};
use crate::credentials::Credentials;
use crate::error::{AuthError, ConfigError};
use crate::jwks::{KeySetCache, KeySetSource};
use crate::principal::{Email, Identity};
use crate::token::{Claims, Expectations, TokenVerifier};

const ISSUER_SETTING: &str = "AUTH_CLERK_ISSUER";
const API_SETTING: &str = "CLERK_API_URL";
const SECRET_SETTING: &str = "CLERK_SECRET_KEY";
const PARTIES_SETTING: &str = "AUTH_AUTHORIZED_PARTIES";
/// Where Clerk's Backend API is.
const API_URL: &str = "https://api.clerk.com";
/// The cookie a session token comes in on the application's own origin.
const SESSION_COOKIE: &str = "__session";
/// The classes of token (`cat`) that a person holds: a session, and a template made from one. Machines have others.
const SESSION_CATEGORIES: &[&str] = &["cl_B7d4PD111AAA", "cl_B7d4PD222AAA"];
/// What the subject of a machine begins with.
const MACHINE_PREFIX: &str = "mch_";

/// Verifies the session tokens of one Clerk instance.
pub(super) struct ClerkProvider {
    verifier: TokenVerifier,
    email_claim: String,
    backend_api: Option<BackendApi>,
}

impl ClerkProvider {
    /// The provider of the configured instance.
    pub(super) fn from_config(
        config: &AuthConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        let issuer = config
            .clerk_issuer
            .as_deref()
            .ok_or(ConfigError::Required {
                setting: ISSUER_SETTING,
                condition: "AUTH_MODE=clerk",
            })?;
        let issuer_address = issuer_url(ISSUER_SETTING, issuer)?;
        if issuer.ends_with('/') {
            return Err(ConfigError::Invalid {
                setting: ISSUER_SETTING,
                fault: "must not end with a slash: the tokens name the issuer without one"
                    .to_owned(),
            });
        }
        let source = match KeySetSource::of_settings(config, &issuer_address)? {
            Some(source) => source,
            None => KeySetSource::at(well_known(&issuer_address, "jwks.json"))?,
        };
        let expected = Expectations {
            issuer: issuer.to_owned(),
            audience: config.clerk_audience.clone(),
            authorized_parties: origins(&config.authorized_parties)?,
            allow_missing_authorized_party: config.allow_missing_authorized_party,
            categories: Some(SESSION_CATEGORIES),
        };
        let keys = KeySetCache::new(source, Arc::clone(&clock));
        Ok(Self {
            verifier: TokenVerifier::new(keys, expected, Arc::clone(&clock)),
            email_claim: profile_claims::email_claim(config)?,
            backend_api: backend_api(config, clock)?,
        })
    }

    async fn email(&self, claims: &Claims) -> Email {
        match (
            profile_claims::email(claims, &self.email_claim),
            &self.backend_api,
        ) {
            (Email::Absent, Some(backend_api)) => backend_api.email_of(&claims.subject).await,
            (email, _) => email,
        }
    }
}

#[async_trait]
impl IdentityProvider for ClerkProvider {
    fn issuer(&self) -> &str {
        self.verifier.issuer()
    }

    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthError> {
        let (token, _) = credentials.token()?;
        let claims = self.verifier.verify(token).await?;
        check_is_session(&claims)?;
        let organization = organization::organization(&claims)?;
        let issuer = self.verifier.issuer();
        Ok(Identity {
            tenant: Identity::tenant_of(issuer, &claims.subject, organization.as_ref()),
            issuer: issuer.to_owned(),
            email: self.email(&claims).await,
            display_name: profile_claims::display_name(&claims),
            organization,
            authorized_party: claims.authorized_party,
            expires_at: Some(claims.expires_at),
            subject: claims.subject,
        })
    }

    fn session_cookie_name(&self) -> Option<&'static str> {
        Some(SESSION_COOKIE)
    }
}

/// A machine's token is no session, and neither is one whose person still has steps of the sign-in before them.
fn check_is_session(claims: &Claims) -> Result<(), AuthError> {
    if claims.subject.starts_with(MACHINE_PREFIX) {
        return Err(AuthError::invalid("the token's subject is a machine"));
    }
    match claims.member("sts") {
        None => Ok(()),
        Some(status) if status == "active" => Ok(()),
        Some(_) => Err(AuthError::Unauthenticated {
            reason: "the session is not active",
            message: "The sign-in is not complete. Finish it and try again.",
        }),
    }
}

fn backend_api(
    config: &AuthConfig,
    clock: Arc<dyn Clock>,
) -> Result<Option<BackendApi>, ConfigError> {
    let Some(secret_key) = &config.clerk_secret_key else {
        return Ok(None);
    };
    if !secret_key.expose_secret().starts_with("sk_") {
        return Err(ConfigError::Invalid {
            setting: SECRET_SETTING,
            fault: "must be a secret key, which begins with sk_".to_owned(),
        });
    }
    let address = trusted_url(
        API_SETTING,
        config.clerk_api_url.as_deref().unwrap_or(API_URL),
    )?;
    if address.cannot_be_a_base() {
        return Err(ConfigError::Invalid {
            setting: API_SETTING,
            fault: "must be an absolute URL".to_owned(),
        });
    }
    BackendApi::new(address, secret_key.clone(), clock).map(Some)
}

/// Parties are the origins of pages: one with a path or a slash at its end would never be met.
fn origins(parties: &[String]) -> Result<Vec<String>, ConfigError> {
    for party in parties {
        let is_origin = Url::parse(party).is_ok_and(|url| {
            url.origin().is_tuple() && url.origin().ascii_serialization() == *party
        });
        if !is_origin {
            return Err(ConfigError::Invalid {
                setting: PARTIES_SETTING,
                fault: format!(
                    "has the entry {party:?}, which is not an origin such as https://app.example.com"
                ),
            });
        }
    }
    Ok(parties.to_vec())
}
