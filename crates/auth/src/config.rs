//! The settings of sign-in as plain data, and the words they are written in.

use std::fmt;
use std::str::FromStr;

use secrecy::SecretString;

use crate::error::ConfigError;

#[cfg(feature = "signed-tokens")]
pub(crate) mod issuer;

/// Everything sign-in is told at the start. Filled from flags and environment, checked by
/// [`Authenticator::new`](crate::Authenticator::new).
#[derive(Debug, Clone, Default)]
pub struct AuthConfig {
    /// `AUTH_MODE`: who proves identities. It has no default: nothing is chosen silently.
    pub mode: Option<AuthMode>,
    /// `APP_ENV`: where this process runs.
    pub app_environment: AppEnvironment,
    /// `AUTH_CLERK_ISSUER`: the Frontend API address that stands in `iss`.
    pub clerk_issuer: Option<String>,
    /// `AUTH_CLERK_AUDIENCE`: one of these must stand in `aud`. When empty, a token with `aud` is meant for someone else
    /// and refused.
    pub clerk_audience: Vec<String>,
    /// `CLERK_SECRET_KEY`: for e-mail addresses that the token does not carry.
    pub clerk_secret_key: Option<SecretString>,
    /// `CLERK_API_URL`: where the Backend API is, when not at its usual address.
    pub clerk_api_url: Option<String>,
    /// `CLERK_WEBHOOK_SIGNING_SECRET`: any of these may have signed a webhook; without one none is taken.
    pub clerk_webhook_signing_secrets: Vec<SecretString>,
    /// `GANTRY_PROFILE_COHORT_FIELD`: the member of a person's public metadata that names their cohort.
    pub profile_cohort_field: String,
    /// `AUTH_OIDC_ISSUER`: stands in `iss`, exactly as written.
    pub oidc_issuer: Option<String>,
    /// `AUTH_OIDC_AUDIENCE`: one of these must stand in `aud`; required in production. When empty, a token with `aud` is
    /// meant for someone else and refused.
    pub oidc_audience: Vec<String>,
    /// `AUTH_JWKS_URL`: where the issuer's keys are, when not at their usual address.
    pub jwks_url: Option<String>,
    /// `AUTH_PUBLIC_KEYS`: the issuer's keys as PEM, in place of published ones. Line ends may be written as `\n`.
    pub public_keys: Option<String>,
    /// `AUTH_AUTHORIZED_PARTIES`: origins one of which must stand in `azp`; empty asks for none.
    pub authorized_parties: Vec<String>,
    /// `AUTH_ALLOW_MISSING_AUTHORIZED_PARTY`: accept a token without `azp` although parties are configured.
    pub allow_missing_authorized_party: bool,
    /// `AUTH_EMAIL_CLAIM`: the claim that holds the e-mail address; `email` when absent.
    pub email_claim: Option<String>,
    /// `AUTH_ALLOWED_EMAILS`: addresses, `@domain` and subjects that may come in.
    pub allowed_emails: Vec<String>,
    /// `AUTH_ALLOW_ALL`: an empty list means everyone. Without it production refuses an empty list.
    pub allow_all: bool,
    /// `GANTRY_OPERATORS`: addresses, `@domain` and subjects that may do what concerns everyone. Empty means nobody, and
    /// with development headers everyone.
    pub operators: Vec<String>,
}

/// Who proves identities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMode {
    /// `clerk`: Clerk session tokens.
    Clerk,
    /// `oidc`: tokens of any OpenID Connect issuer.
    Oidc,
    /// `dev-bypass`: development headers, believed without proof.
    DevBypass,
}

impl AuthMode {
    /// The word in `AUTH_MODE`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::Oidc => "oidc",
            Self::DevBypass => "dev-bypass",
        }
    }

    /// The cargo feature that brings this provider.
    pub fn feature(self) -> &'static str {
        match self {
            Self::Clerk => "auth-clerk",
            Self::Oidc => "auth-oidc",
            Self::DevBypass => "auth-dev",
        }
    }
}

impl fmt::Display for AuthMode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for AuthMode {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "clerk" => Ok(Self::Clerk),
            "oidc" => Ok(Self::Oidc),
            "dev-bypass" => Ok(Self::DevBypass),
            _ => Err(ConfigError::Invalid {
                setting: "AUTH_MODE",
                fault: "must be one of clerk, oidc, dev-bypass".to_owned(),
            }),
        }
    }
}

/// Where this process runs. Production is the strictest and therefore the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AppEnvironment {
    /// `development`: on a developer's machine.
    Development,
    /// `test`: under a test.
    Test,
    /// `production`: for real users.
    #[default]
    Production,
}

impl FromStr for AppEnvironment {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "development" => Ok(Self::Development),
            "test" => Ok(Self::Test),
            "production" => Ok(Self::Production),
            _ => Err(ConfigError::Invalid {
                setting: "APP_ENV",
                fault: "must be one of development, test, production".to_owned(),
            }),
        }
    }
}
