//! Where an issuer's keys are: in the settings, at a known address, or where its discovery document says.

#[cfg(feature = "auth-oidc")]
use std::sync::{Mutex, MutexGuard, PoisonError};

use reqwest::Client;
#[cfg(feature = "auth-oidc")]
use serde::Deserialize;
use url::Url;

use super::fetch::{FetchError, client_for, fetch};
use super::key::KeySet;
use super::pinned::PinnedKeys;
use crate::config::AuthConfig;
use crate::config::issuer::trusted_url;
#[cfg(feature = "auth-oidc")]
use crate::config::issuer::{is_https, is_loopback, well_known};
use crate::error::ConfigError;

const PINNED_SETTING: &str = "AUTH_PUBLIC_KEYS";
const ADDRESS_SETTING: &str = "AUTH_JWKS_URL";

/// The keys of one issuer, at the place they are published, or as the settings have them.
pub(crate) struct KeySetSource {
    client: Client,
    place: Place,
}

enum Place {
    Settings(PinnedKeys),
    Address(Url),
    #[cfg(feature = "auth-oidc")]
    Discovery(Discovery),
}

impl KeySetSource {
    /// The keys that the settings pin, or those at the address that the settings name, if they do either.
    pub(crate) fn of_settings(
        config: &AuthConfig,
        issuer: &Url,
    ) -> Result<Option<Self>, ConfigError> {
        match (&config.public_keys, &config.jwks_url) {
            (Some(_), Some(_)) => Err(ConfigError::Contradiction {
                setting: PINNED_SETTING,
                other: ADDRESS_SETTING,
                why: "keys are either pinned or fetched",
            }),
            (Some(text), None) => Ok(Some(Self {
                client: client_for(issuer)?,
                place: Place::Settings(pinned(text)?),
            })),
            (None, Some(address)) => Self::at(trusted_url(ADDRESS_SETTING, address)?).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// Keys at a known address.
    pub(crate) fn at(address: Url) -> Result<Self, ConfigError> {
        Ok(Self {
            client: client_for(&address)?,
            place: Place::Address(address),
        })
    }

    /// Keys where the issuer's discovery document says. `issuer` is the exact text that must stand in it, `address` the same
    /// as an address.
    #[cfg(feature = "auth-oidc")]
    pub(crate) fn discovered(issuer: &str, address: &Url) -> Result<Self, ConfigError> {
        Ok(Self {
            client: client_for(address)?,
            place: Place::Discovery(Discovery {
                issuer: issuer.to_owned(),
                document: well_known(address, "openid-configuration"),
                found: Mutex::new(None),
            }),
        })
    }

    /// The keys published now.
    pub(crate) async fn fetch(&self) -> Result<KeySet, FetchError> {
        match &self.place {
            Place::Settings(keys) => Ok(keys.key_set()),
            Place::Address(address) => self.key_set_at(address).await,
            #[cfg(feature = "auth-oidc")]
            Place::Discovery(discovery) => {
                let address = discovery.address(&self.client).await?;
                let keys = self.key_set_at(&address).await;
                if keys.is_err() {
                    discovery.forget();
                }
                keys
            }
        }
    }

    async fn key_set_at(&self, address: &Url) -> Result<KeySet, FetchError> {
        let document = fetch(&self.client, address).await?;
        KeySet::parse(&document).ok_or(FetchError::Unintelligible)
    }
}

fn pinned(text: &str) -> Result<PinnedKeys, ConfigError> {
    PinnedKeys::from_pem(text).ok_or_else(|| ConfigError::Invalid {
        setting: PINNED_SETTING,
        fault: "must be public keys as PEM (BEGIN PUBLIC KEY), each RSA of 2,048 to 8,192 bits, P-256, P-384, P-521 \
                or Ed25519"
            .to_owned(),
    })
}

/// An OpenID Connect discovery document, read once and again after its address failed.
#[cfg(feature = "auth-oidc")]
struct Discovery {
    issuer: String,
    document: Url,
    found: Mutex<Option<Url>>,
}

#[cfg(feature = "auth-oidc")]
#[derive(Deserialize)]
struct DiscoveryDocument {
    issuer: String,
    jwks_uri: Url,
}

#[cfg(feature = "auth-oidc")]
impl Discovery {
    async fn address(&self, client: &Client) -> Result<Url, FetchError> {
        let found = self.found().clone();
        if let Some(address) = found {
            return Ok(address);
        }
        let text = fetch(client, &self.document).await?;
        let document: DiscoveryDocument =
            serde_json::from_slice(&text).map_err(|_| FetchError::Unintelligible)?;
        if document.issuer != self.issuer {
            return Err(FetchError::ForeignDiscovery);
        }
        let on_this_machine = is_loopback(&self.document) && is_loopback(&document.jwks_uri);
        if !is_https(&document.jwks_uri) && !on_this_machine {
            return Err(FetchError::UntrustedKeyAddress);
        }
        *self.found() = Some(document.jwks_uri.clone());
        Ok(document.jwks_uri)
    }

    fn forget(&self) {
        *self.found() = None;
    }

    fn found(&self) -> MutexGuard<'_, Option<Url>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
