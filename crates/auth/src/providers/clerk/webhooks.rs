//! Clerk's webhooks, sent by Svix: which are believed, and who they speak for.

mod event;
mod signature;

use std::sync::Arc;

use secrecy::SecretString;

use self::event::EventReader;
use self::signature::SigningKeys;
use super::ISSUER_SETTING;
use crate::clock::Clock;
use crate::config::{AuthConfig, AuthMode};
use crate::credentials::HeaderField;
use crate::error::ConfigError;
use crate::webhooks::{WebhookError, WebhookMessage, WebhookSource};

const SECRETS_SETTING: &str = "CLERK_WEBHOOK_SIGNING_SECRET";

/// The webhooks of one Clerk instance.
struct ClerkWebhooks {
    keys: SigningKeys,
    events: EventReader,
    clock: Arc<dyn Clock>,
}

/// The webhooks of the configured instance, or what is missing to believe any.
pub(in crate::providers) fn webhook_source(
    config: &AuthConfig,
    clock: Arc<dyn Clock>,
) -> Result<Result<Box<dyn WebhookSource>, WebhookError>, ConfigError> {
    let secrets: &[SecretString] = &config.clerk_webhook_signing_secrets;
    if secrets.is_empty() {
        return Ok(Err(not_configured(SECRETS_SETTING)));
    }
    let keys = SigningKeys::of(SECRETS_SETTING, secrets)?;
    let Some(issuer) = issuer(config) else {
        return Ok(Err(not_configured(ISSUER_SETTING)));
    };
    Ok(Ok(Box::new(ClerkWebhooks {
        keys,
        events: EventReader {
            issuer,
            cohort_field: config.profile_cohort_field.clone(),
        },
        clock,
    })))
}

/// In whose name people are written down: under the issuer of the tokens with which they sign in.
fn issuer(config: &AuthConfig) -> Option<String> {
    match config.mode {
        #[cfg(feature = "auth-dev")]
        Some(AuthMode::DevBypass) => Some(crate::providers::dev::ISSUER.to_owned()),
        Some(AuthMode::Clerk) => config.clerk_issuer.clone(),
        _ => None,
    }
}

const fn not_configured(setting: &'static str) -> WebhookError {
    WebhookError::NotConfigured { setting }
}

impl WebhookSource for ClerkWebhooks {
    fn read(
        &self,
        header: &dyn Fn(&str) -> HeaderField,
        body: &[u8],
    ) -> Result<WebhookMessage, WebhookError> {
        let delivery = self.keys.verify(header, body, self.clock.now())?;
        self.events.read(&delivery, body)
    }
}
