//! How a client is set up: where the API is and who is calling.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect;
use url::{Host, Url};

use crate::client::Client;
use crate::error::{ClientError, Result};

const CONNECT_LIMIT: Duration = Duration::from_secs(10);
const DEVELOPMENT_USER_ID: HeaderName = HeaderName::from_static("x-dev-user-id");
const DEVELOPMENT_USER_EMAIL: HeaderName = HeaderName::from_static("x-dev-user-email");
const TENANT: HeaderName = HeaderName::from_static("x-tenant-id");

/// How a client is set up: see [`Client::builder`].
#[derive(Debug)]
pub struct ClientBuilder {
    base_url: String,
    identity: HeaderMap,
}

impl ClientBuilder {
    pub(crate) fn new(base_url: &str) -> Self {
        Self {
            base_url: base_url.to_owned(),
            identity: HeaderMap::new(),
        }
    }

    /// Calls as the owner of a token of the identity provider.
    pub fn bearer_token(mut self, token: &str) -> Result<Self> {
        self.identify(AUTHORIZATION, "token", &format!("Bearer {token}"))?;
        Ok(self)
    }

    /// Calls as `user_id`, which only an API in development mode believes.
    pub fn development_user(mut self, user_id: &str) -> Result<Self> {
        self.identify(DEVELOPMENT_USER_ID, "development user id", user_id)?;
        Ok(self)
    }

    /// Claims an e-mail address, which only an API in development mode believes.
    pub fn development_email(mut self, email: &str) -> Result<Self> {
        self.identify(DEVELOPMENT_USER_EMAIL, "development e-mail address", email)?;
        Ok(self)
    }

    /// Acts for a tenant: one the token belongs to, or any at all in development mode.
    pub fn tenant(mut self, tenant: &str) -> Result<Self> {
        self.identify(TENANT, "tenant", tenant)?;
        Ok(self)
    }

    /// The client.
    ///
    /// # Errors
    /// [`ClientError::InvalidBaseUrl`] when the address is not an http or https address.
    pub fn build(self) -> Result<Client> {
        let api_url = api_url(&self.base_url)?;
        let mut http = reqwest::Client::builder()
            .default_headers(self.identity)
            .user_agent(concat!("gantry-client/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_LIMIT)
            // The API never redirects; whoever does is not to be told who is calling.
            .redirect(redirect::Policy::none());
        if is_loopback(&api_url) {
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| ClientError::setup(&error))?;
        Ok(Client::new(http, api_url))
    }

    fn identify(&mut self, name: HeaderName, what: &'static str, value: &str) -> Result<()> {
        let mut value =
            HeaderValue::from_str(value).map_err(|_| ClientError::InvalidCredential { what })?;
        value.set_sensitive(true);
        self.identity.insert(name, value);
        Ok(())
    }
}

/// The address below which all endpoints lie; it ends in a slash, so that paths can be joined to it.
fn api_url(base_url: &str) -> Result<Url> {
    let invalid = |reason: String| ClientError::InvalidBaseUrl {
        url: base_url.to_owned(),
        reason,
    };
    let url = Url::parse(base_url).map_err(|fault| invalid(fault.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid("it is neither http nor https".to_owned()));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("it has a query or a fragment".to_owned()));
    }
    let joined = format!("{}/api/v1/", url.as_str().trim_end_matches('/'));
    Url::parse(&joined).map_err(|fault| invalid(fault.to_string()))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
