//! What a token says about the person besides who it is.

use serde_json::Value;

use crate::allow_list::is_email_address;
use crate::config::AuthConfig;
use crate::error::ConfigError;
use crate::principal::Email;
use crate::token::Claims;

/// The claim for the e-mail address when no other is configured.
const EMAIL_CLAIM: &str = "email";
/// How issuers say whether the address was verified.
const EMAIL_VERIFIED_CLAIMS: [&str; 2] = ["email_verified", "emailVerified"];
/// The longest display name that is taken over.
const DISPLAY_NAME_LIMIT_BYTES: usize = 255;

/// The configured claim for the e-mail address.
pub(super) fn email_claim(config: &AuthConfig) -> Result<String, ConfigError> {
    match config.email_claim.as_deref() {
        None => Ok(EMAIL_CLAIM.to_owned()),
        Some(name) if name.trim().is_empty() => Err(ConfigError::Invalid {
            setting: "AUTH_EMAIL_CLAIM",
            fault: "must name a claim, or be left out for \"email\"".to_owned(),
        }),
        Some(name) => Ok(name.to_owned()),
    }
}

/// The address in the claim. An address the issuer calls unverified is none: anybody could have typed it.
pub(super) fn email(claims: &Claims, claim: &str) -> Email {
    match claims.text(claim) {
        Some(address) if is_email_address(address) && !is_called_unverified(claims) => {
            Email::Known(address.to_owned())
        }
        _ => Email::Absent,
    }
}

/// What to call the person.
pub(super) fn display_name(claims: &Claims) -> Option<String> {
    let name = claims.text("name")?.trim();
    let acceptable = !name.is_empty()
        && name.len() <= DISPLAY_NAME_LIMIT_BYTES
        && !name.contains(char::is_control);
    acceptable.then(|| name.to_owned())
}

fn is_called_unverified(claims: &Claims) -> bool {
    EMAIL_VERIFIED_CLAIMS
        .iter()
        .filter_map(|name| claims.member(name))
        .any(|value| !matches!(value, Value::Bool(true)) && value != "true")
}
