//! Who is calling: turns the credentials of a request into a principal, by one identity provider chosen at start.

mod allow_list;
mod api_key;
mod authenticator;
mod bounded_map;
mod clock;
mod config;
mod credentials;
mod error;
#[cfg(feature = "signed-tokens")]
mod jwks;
mod principal;
mod providers;
#[cfg(feature = "signed-tokens")]
mod token;
mod webhooks;

pub use allow_list::AllowList;
pub use api_key::{API_KEY_PREFIX, ApiKey, ApiKeyDigest};
pub use authenticator::{Authenticator, VERIFIED_TOKEN_CAPACITY, VERIFIED_TOKEN_LIMIT};
pub use clock::{Clock, SystemClock};
pub use config::{AppEnvironment, AuthConfig, AuthMode};
pub use credentials::{Credentials, HeaderField, header_name};
pub use error::{AuthError, ConfigError};
#[cfg(feature = "signed-tokens")]
pub use jwks::{
    DOCUMENT_LIMIT_BYTES, FAILED_FETCH_PAUSE, FETCH_TIMEOUT, KEY_SET_FRESH_FOR, KEY_SET_USABLE_FOR,
    RENEWAL_BURST, RENEWAL_INTERVAL,
};
pub use principal::{Email, Identity, Organization, Principal, Standing};
pub use providers::IdentityProvider;
#[cfg(feature = "signed-tokens")]
pub use token::{CLOCK_SKEW_SECONDS, TOKEN_LIMIT_BYTES};
pub use webhooks::{WebhookError, WebhookMessage, Webhooks};
