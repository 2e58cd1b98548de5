//! Which webhooks are believed, and what is read from them.

#![cfg(feature = "auth-clerk")]
#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something it relies on is missing"
)]

mod configuration;
mod events;
mod properties;
mod sender;
mod signatures;
