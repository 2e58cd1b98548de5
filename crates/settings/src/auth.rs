//! Which identity provider is trusted and who is let in.

use clap::{Args, ValueEnum};
use secrecy::SecretString;

use crate::environment::AppEnvironment;
use crate::error::SettingError;
use crate::value::{List, list, prefixed_secret, text};

/// The identity provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AuthMode {
    /// Clerk's session tokens.
    Clerk,
    /// Tokens of any OpenID Connect issuer.
    Oidc,
    /// Trusts request headers; for development and tests only.
    DevBypass,
}

/// Identity: the provider, what its tokens must say, and who is let in.
///
/// Read as text here; whether an address or a list entry can be trusted is judged by the crate that signs people in.
#[derive(Debug, Clone, Args)]
pub struct AuthSettings {
    /// The identity provider; required, since nothing is chosen silently
    #[arg(
        id = "auth-mode",
        long,
        env = "AUTH_MODE",
        value_name = "MODE",
        value_enum
    )]
    pub mode: AuthMode,

    /// Clerk's issuer, the instance's Frontend API URL
    #[arg(id = "auth-clerk-issuer", long, env = "AUTH_CLERK_ISSUER", value_name = "URL", value_parser = text)]
    pub clerk_issuer: Option<String>,

    /// Audiences one of which Clerk's tokens must name, separated by commas
    #[arg(
        id = "auth-clerk-audience", long, env = "AUTH_CLERK_AUDIENCE", value_name = "AUDIENCES",
        value_parser = list(text)
    )]
    clerk_audience: Option<List<String>>,

    /// The OpenID Connect issuer, exactly as its tokens spell it
    #[arg(id = "auth-oidc-issuer", long, env = "AUTH_OIDC_ISSUER", value_name = "URL", value_parser = text)]
    pub oidc_issuer: Option<String>,

    /// Audiences one of which the issuer's tokens must name, separated by commas
    #[arg(
        id = "auth-oidc-audience", long, env = "AUTH_OIDC_AUDIENCE", value_name = "AUDIENCES",
        value_parser = list(text)
    )]
    oidc_audience: Option<List<String>>,

    /// Where the signing keys are; found from the issuer when unset
    #[arg(id = "auth-jwks-url", long, env = "AUTH_JWKS_URL", value_name = "URL", value_parser = text)]
    pub jwks_url: Option<String>,

    /// The issuer's public keys as PEM, to be used in place of published ones where the issuer cannot be reached
    #[arg(id = "auth-public-keys", long, env = "AUTH_PUBLIC_KEYS", value_name = "PEM", value_parser = text)]
    pub public_keys: Option<String>,

    /// Origins one of which must stand in a token's azp claim, separated by commas; any when unset
    #[arg(
        id = "auth-authorized-parties", long, env = "AUTH_AUTHORIZED_PARTIES", value_name = "ORIGINS",
        value_parser = list(text)
    )]
    authorized_parties: Option<List<String>>,

    /// Accept a token without azp although authorized parties are configured
    #[arg(
        id = "auth-allow-missing-authorized-party", long, env = "AUTH_ALLOW_MISSING_AUTHORIZED_PARTY",
        value_name = "BOOLEAN", default_value = "false", action = clap::ArgAction::Set
    )]
    pub allow_missing_authorized_party: bool,

    /// The claim that holds the email address
    #[arg(
        id = "auth-email-claim", long, env = "AUTH_EMAIL_CLAIM", value_name = "CLAIM",
        default_value = "email", value_parser = text
    )]
    pub email_claim: String,

    /// Who is let in, separated by commas: email addresses, @domain, or subjects
    #[arg(
        id = "auth-allowed-emails", long, env = "AUTH_ALLOWED_EMAILS", value_name = "ENTRIES",
        value_parser = list(text)
    )]
    allowed_emails: Option<List<String>>,

    /// Let in everyone the issuer knows; production refuses an empty list without it
    #[arg(
        id = "auth-allow-all", long, env = "AUTH_ALLOW_ALL", value_name = "BOOLEAN", default_value = "false",
        action = clap::ArgAction::Set
    )]
    pub allow_all: bool,

    /// Who may pause, resume and limit what concerns everyone: email addresses, @domain, or subjects, separated by commas
    #[arg(
        id = "operators", long, env = "GANTRY_OPERATORS", value_name = "ENTRIES", value_parser = list(text)
    )]
    operators: Option<List<String>>,

    /// Key of Clerk's Backend API, to look up an email address that the token lacks
    #[arg(
        id = "clerk-secret-key", long, env = "CLERK_SECRET_KEY", hide_env_values = true, value_name = "KEY",
        value_parser = prefixed_secret("sk_")
    )]
    pub clerk_secret_key: Option<SecretString>,

    /// Clerk's Backend API, when not at its usual address
    #[arg(id = "clerk-api-url", long, env = "CLERK_API_URL", value_name = "URL", value_parser = text)]
    pub clerk_api_url: Option<String>,

    /// Signing secrets of Clerk's webhooks, separated by commas while one replaces another
    #[arg(
        id = "clerk-webhook-signing-secret", long, env = "CLERK_WEBHOOK_SIGNING_SECRET", hide_env_values = true,
        value_name = "SECRETS", value_parser = list(prefixed_secret("whsec_"))
    )]
    clerk_webhook_signing_secrets: Option<List<SecretString>>,
}

impl AuthSettings {
    /// Audiences one of which Clerk's tokens must name; empty asks for none.
    pub fn clerk_audience(&self) -> &[String] {
        items(&self.clerk_audience)
    }

    /// Audiences one of which the issuer's tokens must name; empty asks for none.
    pub fn oidc_audience(&self) -> &[String] {
        items(&self.oidc_audience)
    }

    /// Origins one of which must stand in a token's `azp`; empty asks for none.
    pub fn authorized_parties(&self) -> &[String] {
        items(&self.authorized_parties)
    }

    /// Who is let in; empty means that there is no list.
    pub fn allowed_emails(&self) -> &[String] {
        items(&self.allowed_emails)
    }

    /// Who is an operator; empty means nobody, and with development identities everyone.
    pub fn operators(&self) -> &[String] {
        items(&self.operators)
    }

    /// Signing secrets of Clerk's webhooks; empty when there are none.
    pub fn clerk_webhook_signing_secrets(&self) -> &[SecretString] {
        items(&self.clerk_webhook_signing_secrets)
    }

    pub(crate) fn check(&self, environment: AppEnvironment) -> Result<(), SettingError> {
        match self.mode {
            AuthMode::Clerk => self.check_clerk(),
            AuthMode::Oidc => self.check_oidc(),
            AuthMode::DevBypass => self.check_dev_bypass(environment),
        }
    }

    fn check_clerk(&self) -> Result<(), SettingError> {
        if self.clerk_issuer.is_none() {
            return Err(required_when("AUTH_CLERK_ISSUER", "AUTH_MODE=clerk"));
        }
        self.refuse_oidc("AUTH_MODE=clerk")
    }

    fn check_oidc(&self) -> Result<(), SettingError> {
        if self.oidc_issuer.is_none() {
            return Err(required_when("AUTH_OIDC_ISSUER", "AUTH_MODE=oidc"));
        }
        self.refuse_clerk("AUTH_MODE=oidc")
    }

    fn check_dev_bypass(&self, environment: AppEnvironment) -> Result<(), SettingError> {
        if environment.is_production() {
            return Err(SettingError::Contradiction {
                setting: "AUTH_MODE=dev-bypass",
                other: "APP_ENV=production",
                remedy: "choose AUTH_MODE=clerk or oidc, or set APP_ENV=development",
            });
        }
        self.refuse_clerk("AUTH_MODE=dev-bypass")?;
        self.refuse_oidc("AUTH_MODE=dev-bypass")
    }

    fn refuse_clerk(&self, mode: &'static str) -> Result<(), SettingError> {
        refuse_if(self.clerk_issuer.is_some(), "AUTH_CLERK_ISSUER", mode)?;
        refuse_if(self.clerk_audience.is_some(), "AUTH_CLERK_AUDIENCE", mode)
    }

    fn refuse_oidc(&self, mode: &'static str) -> Result<(), SettingError> {
        refuse_if(self.oidc_issuer.is_some(), "AUTH_OIDC_ISSUER", mode)?;
        refuse_if(self.oidc_audience.is_some(), "AUTH_OIDC_AUDIENCE", mode)
    }
}

fn items<T>(list: &Option<List<T>>) -> &[T] {
    list.as_ref().map_or(&[], List::as_slice)
}

fn required_when(setting: &'static str, condition: &'static str) -> SettingError {
    SettingError::RequiredWhen { setting, condition }
}

/// A setting of a provider that is not the chosen one is a mistake that could hide which one guards the door.
fn refuse_if(given: bool, setting: &'static str, mode: &'static str) -> Result<(), SettingError> {
    if !given {
        return Ok(());
    }
    Err(SettingError::Contradiction {
        setting,
        other: mode,
        remedy: "unset it or choose its mode",
    })
}
