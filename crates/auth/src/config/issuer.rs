//! Addresses of identity providers: https, except on loopback.

use url::{Host, Url};

use crate::error::ConfigError;

/// The setting's value as an address that may be trusted to give keys.
///
/// # Errors
/// When it is no absolute URL, is not https away from loopback, or carries a user.
pub(crate) fn trusted_url(setting: &'static str, text: &str) -> Result<Url, ConfigError> {
    let invalid = |fault: &str| ConfigError::Invalid {
        setting,
        fault: fault.to_owned(),
    };
    let url = Url::parse(text)
        .map_err(|_| invalid("must be an absolute URL such as https://issuer.example.com"))?;
    if !is_https(&url) && !is_loopback(&url) {
        return Err(invalid(
            "must begin with https:// (http:// is accepted on loopback only)",
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("must not contain a user name or password"));
    }
    Ok(url)
}

/// The setting's value as an issuer: a trusted address without a query or a fragment.
///
/// # Errors
/// As [`trusted_url`], and when it carries a query or a fragment.
pub(crate) fn issuer_url(setting: &'static str, text: &str) -> Result<Url, ConfigError> {
    let url = trusted_url(setting, text)?;
    if url.query().is_some() || url.fragment().is_some() {
        let fault = "must not contain a query or a fragment".to_owned();
        return Err(ConfigError::Invalid { setting, fault });
    }
    Ok(url)
}

/// Whether what is read from this address comes from its owner unchanged.
pub(crate) fn is_https(url: &Url) -> bool {
    url.scheme() == "https" && url.host().is_some()
}

/// Whether the address is plain http on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    if url.scheme() != "http" {
        return false;
    }
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The address of a well-known document below an issuer, with or without a slash at the issuer's end.
pub(crate) fn well_known(issuer: &Url, document: &str) -> Url {
    let mut url = issuer.clone();
    let path = format!(
        "{}/.well-known/{document}",
        issuer.path().trim_end_matches('/')
    );
    url.set_path(&path);
    url
}
