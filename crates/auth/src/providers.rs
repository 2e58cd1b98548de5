//! The identity providers behind one trait, and the one place that chooses between them.

#[cfg(feature = "auth-clerk")]
mod clerk;
#[cfg(feature = "auth-dev")]
mod dev;
#[cfg(feature = "auth-oidc")]
mod oidc;
#[cfg(feature = "signed-tokens")]
mod profile_claims;

use std::sync::Arc;

use async_trait::async_trait;

use crate::clock::Clock;
use crate::config::{AuthConfig, AuthMode};
use crate::credentials::Credentials;
use crate::error::{AuthError, ConfigError};
use crate::principal::Identity;
use crate::webhooks::NamedSource;

/// Something that can tell who a request comes from.
#[async_trait]
pub trait IdentityProvider: Send + Sync {
    /// Who sent these credentials.
    ///
    /// # Errors
    /// [`AuthError`], whenever they do not prove it.
    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthError>;

    /// Who vouches for the identities, as [`Identity::issuer`] names them.
    fn issuer(&self) -> &str;

    /// The cookie that may hold this provider's token, where it has one.
    fn session_cookie_name(&self) -> Option<&'static str> {
        None
    }
}

/// The provider of a mode, made from its settings.
///
/// # Errors
/// [`ConfigError`] when it is not compiled in or its settings are missing or wrong.
#[cfg_attr(
    not(feature = "signed-tokens"),
    expect(unused_variables, reason = "only signed tokens need a clock")
)]
pub(crate) fn provider_of(
    mode: AuthMode,
    config: &AuthConfig,
    clock: Arc<dyn Clock>,
) -> Result<Box<dyn IdentityProvider>, ConfigError> {
    match mode {
        #[cfg(feature = "auth-clerk")]
        AuthMode::Clerk => Ok(Box::new(clerk::ClerkProvider::from_config(config, clock)?)),
        #[cfg(feature = "auth-oidc")]
        AuthMode::Oidc => Ok(Box::new(oidc::OidcProvider::from_config(config, clock)?)),
        #[cfg(feature = "auth-dev")]
        AuthMode::DevBypass => Ok(Box::new(dev::DevelopmentProvider::from_config(config)?)),
        #[cfg(not(all(feature = "auth-clerk", feature = "auth-oidc", feature = "auth-dev")))]
        absent => Err(ConfigError::NotCompiledIn {
            mode: absent,
            feature: absent.feature(),
        }),
    }
}

/// The providers that may send webhooks, by the names they have in the path.
///
/// # Errors
/// [`ConfigError`] when a setting of one is wrong.
#[cfg_attr(
    not(feature = "auth-clerk"),
    expect(unused_variables, reason = "only one provider sends webhooks")
)]
pub(crate) fn webhook_sources(
    config: &AuthConfig,
    clock: Arc<dyn Clock>,
) -> Result<Vec<NamedSource>, ConfigError> {
    #[cfg(feature = "auth-clerk")]
    let clerk = clerk::webhook_source(config, clock)?;
    #[cfg(not(feature = "auth-clerk"))]
    let clerk = Err(crate::webhooks::WebhookError::NotCompiledIn {
        feature: AuthMode::Clerk.feature(),
    });
    Ok(vec![("clerk", clerk)])
}
