//! The claims of a token whose signature is good, checked against what is expected of them.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::CLOCK_SKEW_SECONDS;
use super::strict_json::parse_object;
use crate::error::AuthError;

/// The longest subject, organization or other name of an issuer that is taken over.
const NAME_LIMIT_BYTES: usize = 255;
/// The last second that a calendar time is made of here: the end of the year 9999.
const LAST_SECOND: f64 = 253_402_300_799.0;

/// What must stand in a token besides a good signature.
#[derive(Debug, Clone)]
pub(crate) struct Expectations {
    /// `iss`, exactly.
    pub(crate) issuer: String,
    /// One of these in `aud`; when empty there must be no `aud`.
    pub(crate) audience: Vec<String>,
    /// One of these in `azp`; when empty any or none.
    pub(crate) authorized_parties: Vec<String>,
    /// Whether `azp` may be absent although parties are expected.
    pub(crate) allow_missing_authorized_party: bool,
    /// The classes of token (`cat`) that are accepted, where the issuer tells classes apart. A token without a class is
    /// accepted: older ones have none.
    pub(crate) categories: Option<&'static [&'static str]>,
}

/// Checked claims.
pub(crate) struct Claims {
    /// `sub`: text that can name a person.
    pub(crate) subject: String,
    /// `exp`.
    pub(crate) expires_at: DateTime<Utc>,
    /// `azp`.
    pub(crate) authorized_party: Option<String>,
    members: Map<String, Value>,
}

impl Claims {
    /// Reads the payload and checks `iss`, `aud`, `exp`, `nbf`, `iat`, `azp` and `sub`.
    pub(crate) fn parse(
        payload: &[u8],
        expected: &Expectations,
        now: DateTime<Utc>,
    ) -> Result<Self, AuthError> {
        let members = parse_object(payload).ok_or(AuthError::invalid(
            "the token's payload is not one unambiguous JSON object",
        ))?;
        if members.get("iss").and_then(Value::as_str) != Some(expected.issuer.as_str()) {
            return Err(AuthError::invalid("the token is from another issuer"));
        }
        check_audience(members.get("aud"), &expected.audience)?;
        let expires_at = check_times(&members, now)?;
        let authorized_party = check_authorized_party(members.get("azp"), expected)?;
        let subject = name_in(&members, "sub")?
            .ok_or(AuthError::invalid("the token has no subject"))?
            .to_owned();
        Ok(Self {
            subject,
            expires_at,
            authorized_party,
            members,
        })
    }

    /// A claim as it came.
    pub(crate) fn member(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    /// A claim that is text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.member(name).and_then(Value::as_str)
    }

    /// A claim that names something.
    ///
    /// # Errors
    /// When it is there but is no name: nothing may be built on half of an organization.
    pub(crate) fn name(&self, name: &str) -> Result<Option<&str>, AuthError> {
        name_in(&self.members, name)
    }
}

/// A member that names something: absent or null, or text that can be a name.
pub(crate) fn name_in<'members>(
    members: &'members Map<String, Value>,
    name: &str,
) -> Result<Option<&'members str>, AuthError> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if is_name(text) => Ok(Some(text)),
        Some(_) => Err(AuthError::invalid(
            "a name in the token's claims cannot be one",
        )),
    }
}

/// Whether the text can name a person or an organization: not blank, not endless, nothing invisible that a database or a
/// log would stumble over.
fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= NAME_LIMIT_BYTES && !text.contains(char::is_control)
}

/// RFC 7519: a token with an audience is refused by everyone who is not in it, so also when none is configured.
fn check_audience(claim: Option<&Value>, expected: &[String]) -> Result<(), AuthError> {
    let is_expected = |value: &Value| {
        value
            .as_str()
            .is_some_and(|text| expected.iter().any(|one| one == text))
    };
    let is_meant = match claim {
        None => expected.is_empty(),
        Some(Value::Array(values)) => values.iter().any(is_expected),
        Some(value) => is_expected(value),
    };
    if is_meant {
        Ok(())
    } else {
        Err(AuthError::invalid(
            "the token is meant for another audience",
        ))
    }
}

fn check_times(
    members: &Map<String, Value>,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, AuthError> {
    let expires_at = time_in(members, "exp")?
        .ok_or(AuthError::invalid("the token does not say when it expires"))?;
    let now_seconds = now.timestamp();
    if expires_at + CLOCK_SKEW_SECONDS <= now_seconds {
        return Err(AuthError::Unauthenticated {
            reason: "the token has expired",
            message: "The session has expired. Sign in again.",
        });
    }
    for begins_at in [time_in(members, "nbf")?, time_in(members, "iat")?]
        .into_iter()
        .flatten()
    {
        if begins_at - CLOCK_SKEW_SECONDS > now_seconds {
            return Err(AuthError::invalid("the token is from the future"));
        }
    }
    DateTime::from_timestamp(expires_at, 0).ok_or(AuthError::invalid(
        "a time in the token is beyond the calendar",
    ))
}

/// A time in seconds since 1970, of which a fraction is cut off.
fn time_in(members: &Map<String, Value>, name: &str) -> Result<Option<i64>, AuthError> {
    let Some(value) = members.get(name) else {
        return Ok(None);
    };
    value
        .as_f64()
        .filter(|seconds| (0.0..=LAST_SECOND).contains(seconds))
        .map(|seconds| Some(seconds as i64))
        .ok_or(AuthError::invalid("a time in the token is not a time"))
}

fn check_authorized_party(
    claim: Option<&Value>,
    expected: &Expectations,
) -> Result<Option<String>, AuthError> {
    let parties = &expected.authorized_parties;
    match claim {
        None if parties.is_empty() || expected.allow_missing_authorized_party => Ok(None),
        None => Err(AuthError::invalid("the token names no authorized party")),
        Some(Value::String(party)) if parties.is_empty() || parties.contains(party) => {
            Ok(Some(party.clone()))
        }
        Some(_) => Err(AuthError::invalid(
            "the token is for another authorized party",
        )),
    }
}
