//! What sign-in promises, against a real local identity provider and tokens signed with real keys.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something it relies on is missing"
)]

mod allow_list;
mod api_keys;
#[cfg(feature = "signed-tokens")]
mod attacks;
#[cfg(feature = "auth-clerk")]
mod clerk;
mod configuration;
#[cfg(feature = "signed-tokens")]
mod conformance;
mod credentials;
#[cfg(feature = "auth-dev")]
mod development;
#[cfg(feature = "signed-tokens")]
mod key_sets;
#[cfg(feature = "auth-oidc")]
mod oidc;
mod operators;
#[cfg(feature = "signed-tokens")]
mod outages;
#[cfg(feature = "signed-tokens")]
mod support;
