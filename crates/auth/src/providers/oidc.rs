//! Sessions of any OpenID Connect issuer, verified by its published keys.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use super::{IdentityProvider, profile_claims};
use crate::clock::Clock;
use crate::config::issuer::issuer_url;
use crate::config::{AppEnvironment, AuthConfig};
use crate::credentials::Credentials;
use crate::error::{AuthError, ConfigError};
use crate::jwks::{KeySetCache, KeySetSource};
use crate::principal::{Identity, Organization};
use crate::token::{Claims, Expectations, TokenVerifier, name_in};

const ISSUER_SETTING: &str = "AUTH_OIDC_ISSUER";
const AUDIENCE_SETTING: &str = "AUTH_OIDC_AUDIENCE";

/// Verifies the tokens of one OpenID Connect issuer.
pub(super) struct OidcProvider {
    verifier: TokenVerifier,
    email_claim: String,
}

impl OidcProvider {
    /// The provider of the configured issuer.
    pub(super) fn from_config(
        config: &AuthConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        let issuer = config.oidc_issuer.as_deref().ok_or(ConfigError::Required {
            setting: ISSUER_SETTING,
            condition: "AUTH_MODE=oidc",
        })?;
        let issuer_address = issuer_url(ISSUER_SETTING, issuer)?;
        // Any application of the same issuer could otherwise send its users' tokens here.
        if config.oidc_audience.is_empty() && config.app_environment == AppEnvironment::Production {
            return Err(ConfigError::Required {
                setting: AUDIENCE_SETTING,
                condition: "AUTH_MODE=oidc and APP_ENV=production",
            });
        }
        let source = match KeySetSource::of_settings(config, &issuer_address)? {
            Some(source) => source,
            None => KeySetSource::discovered(issuer, &issuer_address)?,
        };
        let expected = Expectations {
            issuer: issuer.to_owned(),
            audience: config.oidc_audience.clone(),
            authorized_parties: config.authorized_parties.clone(),
            allow_missing_authorized_party: config.allow_missing_authorized_party,
            categories: None,
        };
        let keys = KeySetCache::new(source, Arc::clone(&clock));
        Ok(Self {
            verifier: TokenVerifier::new(keys, expected, clock),
            email_claim: profile_claims::email_claim(config)?,
        })
    }
}

#[async_trait]
impl IdentityProvider for OidcProvider {
    fn issuer(&self) -> &str {
        self.verifier.issuer()
    }

    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthError> {
        let (token, _) = credentials.token()?;
        let claims = self.verifier.verify(token).await?;
        if claims
            .member("banned")
            .is_some_and(|banned| *banned != Value::Bool(false))
        {
            return Err(AuthError::Forbidden {
                reason: "the issuer says that the account is banned",
                message: "This account is banned at the identity provider.",
            });
        }
        let organization = organization(&claims)?;
        let issuer = self.verifier.issuer();
        Ok(Identity {
            tenant: Identity::tenant_of(issuer, &claims.subject, organization.as_ref()),
            issuer: issuer.to_owned(),
            email: profile_claims::email(&claims, &self.email_claim),
            display_name: profile_claims::display_name(&claims),
            organization,
            authorized_party: claims.authorized_party,
            expires_at: Some(claims.expires_at),
            subject: claims.subject,
        })
    }
}

/// The organization: `o {id, slug, role}` as Neon Auth writes it, else `org_id` as most others do.
fn organization(claims: &Claims) -> Result<Option<Organization>, AuthError> {
    let (id, slug, role) = match claims.member("o") {
        None | Some(Value::Null) => (
            claims.name("org_id")?,
            claims.name("org_slug")?,
            claims.name("org_role")?,
        ),
        Some(Value::Object(members)) => (
            name_in(members, "id")?,
            name_in(members, "slug")?,
            name_in(members, "role")?,
        ),
        Some(_) => {
            return Err(AuthError::invalid(
                "the token's organization is not an object",
            ));
        }
    };
    Ok(id.map(|id| Organization {
        id: id.to_owned(),
        slug: slug.map(str::to_owned),
        role: role.map(str::to_owned),
        permissions: Vec::new(),
    }))
}
