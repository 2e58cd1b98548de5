//! From the settings of sign-in to what the authenticator wants to know.

use gantry_auth::{AppEnvironment, AuthConfig, AuthMode};
use gantry_settings::{ApiServiceSettings, AppEnvironment as Environment, AuthMode as Mode};

/// The configuration of sign-in.
pub fn auth_config(settings: &ApiServiceSettings) -> AuthConfig {
    let auth = &settings.auth;
    AuthConfig {
        mode: Some(match auth.mode {
            Mode::Clerk => AuthMode::Clerk,
            Mode::Oidc => AuthMode::Oidc,
            Mode::DevBypass => AuthMode::DevBypass,
        }),
        app_environment: match settings.environment.app_env {
            Environment::Development => AppEnvironment::Development,
            Environment::Test => AppEnvironment::Test,
            Environment::Production => AppEnvironment::Production,
        },
        clerk_issuer: auth.clerk_issuer.clone(),
        clerk_audience: auth.clerk_audience().to_vec(),
        clerk_secret_key: auth.clerk_secret_key.clone(),
        clerk_api_url: auth.clerk_api_url.clone(),
        clerk_webhook_signing_secrets: auth.clerk_webhook_signing_secrets().to_vec(),
        profile_cohort_field: settings.profiles.cohort_field.clone(),
        oidc_issuer: auth.oidc_issuer.clone(),
        oidc_audience: auth.oidc_audience().to_vec(),
        jwks_url: auth.jwks_url.clone(),
        public_keys: auth.public_keys.clone(),
        authorized_parties: auth.authorized_parties().to_vec(),
        allow_missing_authorized_party: auth.allow_missing_authorized_party,
        email_claim: Some(auth.email_claim.clone()),
        allowed_emails: auth.allowed_emails().to_vec(),
        allow_all: auth.allow_all,
        operators: auth.operators().to_vec(),
    }
}
