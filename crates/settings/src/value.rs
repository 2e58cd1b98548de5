//! How single values are read; an error says what the value must be and never repeats it.

use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::str::FromStr;

use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use url::Url;

/// What a value must be; reads after the setting's name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub(crate) struct Unusable(pub(crate) String);

/// Values separated by commas; spaces around them are dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T>(Vec<T>);

impl<T> List<T> {
    /// The values in the order given; never empty.
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }
}

/// Something that is on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Switch {
    /// Yes.
    On,
    /// No.
    Off,
}

impl Switch {
    /// Whether it is on.
    pub fn is_on(self) -> bool {
        self == Self::On
    }
}

/// Reads a list whose items are read by `item`.
pub(crate) fn list<T>(
    item: impl Fn(&str) -> Result<T, Unusable> + Clone,
) -> impl Fn(&str) -> Result<List<T>, Unusable> + Clone {
    move |text| {
        let items = text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(&item)
            .collect::<Result<Vec<T>, Unusable>>()?;
        if items.is_empty() {
            return Err(Unusable(
                "must name at least one value, separated by commas".to_owned(),
            ));
        }
        Ok(List(items))
    }
}

/// Reads a whole number within a range.
pub(crate) fn whole_number<N>(
    range: RangeInclusive<N>,
) -> impl Fn(&str) -> Result<N, Unusable> + Clone
where
    N: FromStr + PartialOrd + fmt::Display + Clone,
{
    move |text| match text.trim().parse::<N>() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(Unusable(format!(
            "must be a whole number from {} to {}",
            range.start(),
            range.end()
        ))),
    }
}

/// Reads a URL of one of the schemes; the text is kept as given, since it may carry a password.
pub(crate) fn secret_url(
    schemes: &'static [&'static str],
    example: &'static str,
) -> impl Fn(&str) -> Result<SecretString, Unusable> + Clone {
    move |text| match Url::parse(text) {
        // Without the two slashes the rest would be no address, and the driver would look at its default place.
        Ok(url) if schemes.contains(&url.scheme()) && !url.cannot_be_a_base() => {
            Ok(SecretString::from(text))
        }
        _ => Err(Unusable(format!("must be a URL such as {example}"))),
    }
}

/// Reads a browser origin: scheme, host and port only.
pub(crate) fn origin(text: &str) -> Result<String, Unusable> {
    let is_origin = Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text
    });
    if !is_origin {
        return Err(Unusable(
            "must list origins such as https://app.example.com, without path, trailing slash or wildcard"
                .to_owned(),
        ));
    }
    Ok(text.to_owned())
}

/// Reads a network, or a single address as the network of it alone.
pub(crate) fn network(text: &str) -> Result<IpNet, Unusable> {
    text.parse()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| {
            Unusable("must list networks or addresses such as 10.0.0.0/8 or 2001:db8::1".to_owned())
        })
}

/// Longest name of a worker, queue or key prefix, in characters.
const NAME_LIMIT: usize = 64;

/// Reads a name that is safe in a key, a file name and a log line.
pub(crate) fn name(text: &str) -> Result<String, Unusable> {
    let is_name = (1..=NAME_LIMIT).contains(&text.len())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if !is_name {
        return Err(Unusable(format!(
            "must be 1 to {NAME_LIMIT} letters, digits, dots, underscores or hyphens"
        )));
    }
    Ok(text.to_owned())
}

/// Reads any text that is not blank.
pub(crate) fn text(text: &str) -> Result<String, Unusable> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(Unusable("must not be blank".to_owned()));
    }
    Ok(trimmed.to_owned())
}

/// Reads a secret that begins with a fixed prefix.
pub(crate) fn prefixed_secret(
    prefix: &'static str,
) -> impl Fn(&str) -> Result<SecretString, Unusable> + Clone {
    move |text| {
        if text.starts_with(prefix) && text.len() > prefix.len() {
            return Ok(SecretString::from(text));
        }
        Err(Unusable(format!("must begin with {prefix}")))
    }
}

/// Reads `name=value` pairs separated by commas, kept secret because they usually carry a token.
pub(crate) fn header_list(text: &str) -> Result<SecretString, Unusable> {
    let secret = SecretString::from(text);
    let all_pairs = secret.expose_secret().split(',').all(|pair| {
        pair.split_once('=')
            .is_some_and(|(name, _)| !name.trim().is_empty())
    });
    if !all_pairs {
        return Err(Unusable(
            "must list headers as name=value, separated by commas".to_owned(),
        ));
    }
    Ok(secret)
}
