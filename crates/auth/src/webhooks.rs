//! What identity providers tell by webhook, proven to be theirs and put into words of no provider.

use std::sync::Arc;

use gantry_domain::DirectoryNotice;

use crate::clock::{Clock, SystemClock};
use crate::config::AuthConfig;
use crate::credentials::HeaderField;
use crate::error::ConfigError;
use crate::providers::webhook_sources;

/// Something of an identity provider that sends webhooks.
pub(crate) trait WebhookSource: Send + Sync {
    /// What a message tells, once it has proven to come from the provider. `header` gives a header by its name.
    fn read(
        &self,
        header: &dyn Fn(&str) -> HeaderField,
        body: &[u8],
    ) -> Result<WebhookMessage, WebhookError>;
}

/// A source by the name it has in the path, or why it cannot be listened to.
pub(crate) type NamedSource = (&'static str, Result<Box<dyn WebhookSource>, WebhookError>);

/// What a message of the provider tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookMessage {
    /// Something of a person, an organization or a membership.
    Notice(DirectoryNotice),
    /// Something that nothing here depends on.
    Irrelevant,
}

/// Why a message was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// No provider has this name.
    #[error("No identity provider of this name sends webhooks.")]
    UnknownSource,
    /// What is needed to tell a true message from a forged one is not configured: so none is taken.
    #[error("Webhooks are not taken: {setting} is not set.")]
    NotConfigured {
        /// What is missing.
        setting: &'static str,
    },
    /// The provider was left out when this binary was built.
    #[error(
        "Webhooks are not taken: they need the cargo feature {feature}, which is not compiled in."
    )]
    NotCompiledIn {
        /// The feature that brings it.
        feature: &'static str,
    },
    /// The message does not prove where it comes from.
    #[error("The webhook's signature was not accepted: {reason}.")]
    BadSignature {
        /// Which check refused.
        reason: &'static str,
    },
    /// The message is the provider's, and cannot be understood.
    #[error("The webhook's body was not understood: {reason}.")]
    Malformed {
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// Every provider that may send webhooks.
pub struct Webhooks(Vec<NamedSource>);

impl Webhooks {
    /// The sources as they are configured.
    ///
    /// # Errors
    /// [`ConfigError`] for a setting that cannot be used as it is.
    pub fn new(config: &AuthConfig) -> Result<Self, ConfigError> {
        Self::with_clock(config, Arc::new(SystemClock::default()))
    }

    /// As [`Webhooks::new`], by another clock.
    ///
    /// # Errors
    /// As [`Webhooks::new`].
    pub fn with_clock(config: &AuthConfig, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        webhook_sources(config, clock).map(Self)
    }

    /// What a message to `source` tells. `values_of` gives every value of a header, by its case-insensitive name.
    ///
    /// # Errors
    /// [`WebhookError`], whenever it does not prove to come from the provider, or cannot be understood.
    pub fn read<'request, Values>(
        &self,
        source: &str,
        values_of: impl Fn(&str) -> Values,
        body: &[u8],
    ) -> Result<WebhookMessage, WebhookError>
    where
        Values: IntoIterator<Item = &'request [u8]>,
    {
        let named = self.0.iter().find(|(name, _)| *name == source);
        let (_, source) = named.ok_or(WebhookError::UnknownSource)?;
        let source = source.as_ref().map_err(Clone::clone)?;
        source.read(&|name| HeaderField::only_one_of(values_of(name)), body)
    }
}
