//! What a request brings along to prove who sends it.

use crate::api_key::API_KEY_PREFIX;
use crate::error::AuthError;

/// The headers that sign-in reads.
pub mod header_name {
    /// A bearer token.
    pub const AUTHORIZATION: &str = "Authorization";
    /// Cookies, one of which may hold a session token.
    pub const COOKIE: &str = "Cookie";
    /// The page a browser request comes from.
    pub const ORIGIN: &str = "Origin";
    /// The tenant the caller means.
    pub const TENANT: &str = "X-Tenant-Id";
    /// Development only: who the caller claims to be.
    pub const DEVELOPMENT_USER: &str = "X-Dev-User-Id";
    /// Development only: the address the caller claims to have.
    pub const DEVELOPMENT_EMAIL: &str = "X-Dev-User-Email";
}

/// One header as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum HeaderField {
    /// Not sent.
    #[default]
    Absent,
    /// Sent once, as text.
    Text(String),
    /// Sent twice, or not as text: nobody can say what was meant.
    Unreadable,
}

/// What a request brings along. Nothing in it is believed yet.
#[derive(Clone, Default)]
pub struct Credentials {
    /// `Authorization`.
    pub authorization: HeaderField,
    /// The session cookie of the configured provider, where it has one.
    pub session_cookie: HeaderField,
    /// `Origin`.
    pub origin: HeaderField,
    /// `X-Tenant-Id`.
    pub tenant: HeaderField,
    /// `X-Dev-User-Id`; only the development provider looks at it.
    pub development_user: HeaderField,
    /// `X-Dev-User-Email`; only the development provider looks at it.
    pub development_email: HeaderField,
}

/// How a token came: a cookie is sent by a browser without being asked, a header is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    Header,
    Cookie,
}

impl Credentials {
    /// Reads the credentials of a request. `values_of` gives every value of a header, by its case-insensitive name;
    /// `session_cookie_name` is [`Authenticator::session_cookie_name`](crate::Authenticator::session_cookie_name).
    pub fn from_headers<'request, Values>(
        values_of: impl Fn(&'static str) -> Values,
        session_cookie_name: Option<&str>,
    ) -> Self
    where
        Values: IntoIterator<Item = &'request [u8]>,
    {
        let field = |name| HeaderField::only_one_of(values_of(name));
        Self {
            authorization: field(header_name::AUTHORIZATION),
            session_cookie: session_cookie_name.map_or(HeaderField::Absent, |name| {
                HeaderField::cookie(name, values_of(header_name::COOKIE))
            }),
            origin: field(header_name::ORIGIN),
            tenant: field(header_name::TENANT),
            development_user: field(header_name::DEVELOPMENT_USER),
            development_email: field(header_name::DEVELOPMENT_EMAIL),
        }
    }

    /// The bearer token, where it begins as API keys do. A header that cannot be read holds none.
    pub fn api_key(&self) -> Option<&str> {
        let HeaderField::Text(header) = &self.authorization else {
            return None;
        };
        bearer_token(header)
            .ok()
            .filter(|token| token.starts_with(API_KEY_PREFIX))
    }

    /// The token of the request and how it came. A header, even a bad one, is never passed over for a cookie.
    ///
    /// # Errors
    /// [`AuthError::Unauthenticated`] when there is none, or when it is unreadable or not a bearer token.
    pub(crate) fn token(&self) -> Result<(&str, Transport), AuthError> {
        match (&self.authorization, &self.session_cookie) {
            (HeaderField::Text(header), _) => Ok((bearer_token(header)?, Transport::Header)),
            (HeaderField::Unreadable, _) => Err(AuthError::invalid(
                "the Authorization header is repeated or not text",
            )),
            (HeaderField::Absent, HeaderField::Text(token)) => Ok((token, Transport::Cookie)),
            (HeaderField::Absent, HeaderField::Unreadable) => Err(AuthError::invalid(
                "the session cookie is repeated or not text",
            )),
            (HeaderField::Absent, HeaderField::Absent) => Err(AuthError::Unauthenticated {
                reason: "no credential was sent",
                message: "Sign in: send Authorization: Bearer with a token of the identity provider.",
            }),
        }
    }
}

/// A credential has no readable form in a log.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Credentials")
            .finish_non_exhaustive()
    }
}

impl HeaderField {
    pub(crate) fn only_one_of<'request>(values: impl IntoIterator<Item = &'request [u8]>) -> Self {
        let mut values = values.into_iter();
        match (values.next(), values.next()) {
            (None, _) => Self::Absent,
            (Some(value), None) => Self::text(value),
            (Some(_), Some(_)) => Self::Unreadable,
        }
    }

    fn cookie<'request>(name: &str, headers: impl IntoIterator<Item = &'request [u8]>) -> Self {
        let values: Vec<&[u8]> = headers
            .into_iter()
            .flat_map(|header| header.split(|byte| *byte == b';'))
            .filter_map(|pair| {
                pair.trim_ascii()
                    .strip_prefix(name.as_bytes())?
                    .strip_prefix(b"=")
            })
            .take(2)
            .collect();
        Self::only_one_of(values)
    }

    fn text(value: &[u8]) -> Self {
        match std::str::from_utf8(value) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Unreadable,
        }
    }
}

fn bearer_token(header: &str) -> Result<&str, AuthError> {
    match header.trim_ascii().split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("Bearer") => Ok(token.trim_ascii()),
        _ => Err(AuthError::Unauthenticated {
            reason: "the Authorization header is not a bearer token",
            message: "Send the credential as Authorization: Bearer followed by the token.",
        }),
    }
}
