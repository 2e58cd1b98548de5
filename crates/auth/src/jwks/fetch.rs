//! Documents read from an identity provider: soon, small, and from nobody else.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use url::Url;

use crate::config::issuer::is_loopback;
use crate::error::ConfigError;

/// How long an identity provider may take to answer.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(3);
/// The largest document that is read from an identity provider.
pub const DOCUMENT_LIMIT_BYTES: usize = 256 * 1024;
/// How many redirects within one host are followed.
const REDIRECT_LIMIT: usize = 3;

/// Why a document could not be had. Carries no address: an address may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("it does not answer")]
    Unreachable,
    #[error("it answered with HTTP status {0}")]
    Status(u16),
    #[error("its answer is larger than {DOCUMENT_LIMIT_BYTES} bytes")]
    TooLarge,
    #[error("its answer cannot be understood")]
    Unintelligible,
    #[cfg(feature = "auth-oidc")]
    #[error("its discovery document is for another issuer")]
    ForeignDiscovery,
    #[cfg(feature = "auth-oidc")]
    #[error("its discovery document names an address for keys that is not https")]
    UntrustedKeyAddress,
}

/// A client for one identity provider. Keys must come from where they were looked for: a redirect is followed within the
/// host only. On loopback no proxy is asked.
pub(crate) fn client_for(address: &Url) -> Result<Client, ConfigError> {
    let redirects = Policy::custom(|attempt| {
        let same_origin = attempt
            .previous()
            .first()
            .is_some_and(|first| first.origin() == attempt.url().origin());
        if same_origin && attempt.previous().len() <= REDIRECT_LIMIT {
            attempt.follow()
        } else {
            attempt.stop()
        }
    });
    let mut builder = Client::builder()
        .timeout(FETCH_TIMEOUT)
        .redirect(redirects)
        .user_agent(concat!("gantry/", env!("CARGO_PKG_VERSION")));
    if is_loopback(address) {
        builder = builder.no_proxy();
    }
    builder
        .build()
        .map_err(|error| ConfigError::HttpClient(error.to_string()))
}

/// The document at `address`.
pub(crate) async fn fetch(client: &Client, address: &Url) -> Result<Vec<u8>, FetchError> {
    let response = client
        .get(address.clone())
        .send()
        .await
        .map_err(|_| FetchError::Unreachable)?;
    read_limited(response).await
}

/// The body of a successful answer, unless it is too large.
pub(crate) async fn read_limited(mut response: Response) -> Result<Vec<u8>, FetchError> {
    if !response.status().is_success() {
        return Err(FetchError::Status(response.status().as_u16()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|_| FetchError::Unreachable)?
    {
        if body.len() + chunk.len() > DOCUMENT_LIMIT_BYTES {
            return Err(FetchError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
