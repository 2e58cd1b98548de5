//! A sender of webhooks, and someone who receives them at a fixed time.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use gantry_auth::{AuthConfig, AuthMode, Clock, WebhookError, WebhookMessage, Webhooks};
use serde_json::Value;

pub const ISSUER: &str = "https://clerk.example.com";
pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// When everything is sent and received, unless a test says otherwise.
pub const NOW: i64 = 1_800_000_000;

struct Standing(i64);

impl Clock for Standing {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.0, 0).unwrap()
    }

    fn uptime(&self) -> Duration {
        Duration::ZERO
    }
}

/// The settings of an installation that takes webhooks.
pub fn config(secrets: &[&str]) -> AuthConfig {
    AuthConfig {
        mode: Some(AuthMode::Clerk),
        clerk_issuer: Some(ISSUER.to_owned()),
        clerk_webhook_signing_secrets: secrets.iter().map(|secret| (*secret).into()).collect(),
        profile_cohort_field: "cohort".to_owned(),
        ..AuthConfig::default()
    }
}

/// The webhooks of an installation with these secrets, as it takes them at that time.
pub fn receiver(secrets: &[&str], now: i64) -> Webhooks {
    Webhooks::with_clock(&config(secrets), Arc::new(Standing(now))).unwrap()
}

/// The signature of version 1.
pub fn signature(secret: &str, id: &str, timestamp: &str, body: &[u8]) -> String {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap());
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key.unwrap());
    let mut signed = format!("{id}.{timestamp}.").into_bytes();
    signed.extend_from_slice(body);
    format!("v1,{}", STANDARD.encode(hmac::sign(&key, &signed)))
}

/// What comes of a message with these headers.
pub fn read(
    webhooks: &Webhooks,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<WebhookMessage, WebhookError> {
    let values_of = |name: &str| {
        let named = headers
            .iter()
            .filter(|(sent, _)| sent.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_bytes()).collect::<Vec<_>>()
    };
    webhooks.read("clerk", values_of, body)
}

/// What comes of a true message with this body.
pub fn receive(body: &[u8]) -> Result<WebhookMessage, WebhookError> {
    let timestamp = NOW.to_string();
    let signature = signature(SECRET, "msg_1", &timestamp, body);
    let headers = [
        ("svix-id", "msg_1"),
        ("svix-timestamp", &timestamp),
        ("svix-signature", &signature),
    ];
    read(&receiver(&[SECRET], NOW), &headers, body)
}

/// The same for a body of JSON.
pub fn receive_json(body: &Value) -> Result<WebhookMessage, WebhookError> {
    receive(body.to_string().as_bytes())
}
