//! E-mail addresses: one plain form, and one way to tell whether two are the same.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest e-mail address that mail can carry, in bytes (RFC 5321).
pub const EMAIL_LIMIT_BYTES: usize = 320;

/// A text that is no plain e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not an e-mail address: expected one plain address such as ada@example.com, at most {EMAIL_LIMIT_BYTES} bytes"
)]
pub struct InvalidEmailAddress;

/// One plain e-mail address, spelled as it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The address as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two spellings of one address are equal. Only ASCII letters are folded: the Kelvin sign must not
    /// pass for a `k`.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// The two sides of a plain address: one `@`, nothing that a quoting rule could turn into a second reading.
    pub fn split(text: &str) -> Option<(&str, &str)> {
        let (local, domain) = text.split_once('@')?;
        let plain = |character: char| {
            !character.is_whitespace()
                && !character.is_control()
                && !"\"<>(),;:\\@".contains(character)
        };
        let accepted = text.len() <= EMAIL_LIMIT_BYTES
            && !local.is_empty()
            && local.chars().all(plain)
            && Self::is_domain(domain);
        accepted.then_some((local, domain))
    }

    /// Whether the text can stand behind the `@`.
    pub fn is_domain(text: &str) -> bool {
        !text.is_empty()
            && text.split('.').all(|label| {
                !label.is_empty()
                    && label
                        .chars()
                        .all(|character| character.is_alphanumeric() || character == '-')
            })
    }
}

impl FromStr for EmailAddress {
    type Err = InvalidEmailAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = InvalidEmailAddress;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match Self::split(&text) {
            Some(_) => Ok(Self(text)),
            None => Err(InvalidEmailAddress),
        }
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

// By hand, because the derive would describe an object.
#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for EmailAddress {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .max_length(Some(EMAIL_LIMIT_BYTES))
            .description(Some("An e-mail address, for instance ada@example.com."))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for EmailAddress {}
