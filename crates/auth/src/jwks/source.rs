//! Where an issuer's keys are: at a known address, or where its discovery document says.

#[cfg(feature = "auth-oidc")]
use std::sync::{Mutex, MutexGuard, PoisonError};

use reqwest::Client;
#[cfg(feature = "auth-oidc")]
use serde::Deserialize;
use url::Url;

use super::fetch::{FetchError, client_for, fetch};
use super::key::KeySet;
#[cfg(feature = "auth-oidc")]
use crate::config::issuer::{is_https, is_loopback, well_known};
use crate::error::ConfigError;

/// The keys of one issuer, at the place they are published.
pub(crate) struct KeySetSource {
    client: Client,
    place: Place,
}

enum Place {
    Address(Url),
    #[cfg(feature = "auth-oidc")]
    Discovery(Discovery),
}

impl KeySetSource {
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
