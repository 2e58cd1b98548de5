//! What an identity provider tells of someone who has signed up.

use std::time::SystemTime;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

/// What the identity provider of an installation signs with.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// The setting that tells the API so.
pub(crate) const SECRET_SETTING: (&str, &str) = ("CLERK_WEBHOOK_SIGNING_SECRET", SECRET);
/// Where the provider tells it, below `/api/v1`.
pub(crate) const PATH: &str = "webhooks/clerk";

/// A webhook that tells of a sign-up; the same however often it is sent.
#[derive(Debug, Clone)]
pub struct SignUp {
    subject: String,
}

impl SignUp {
    /// Of this person.
    pub fn of(subject: &str) -> Self {
        Self {
            subject: subject.to_owned(),
        }
    }

    pub(crate) fn body(&self) -> String {
        json!({
            "type": "user.created", "object": "event",
            "data": {
                "id": self.subject, "updated_at": 1_700_000_000_000_i64, "primary_email_address_id": "idn_1",
                // Nobody is welcomed without an address.
                "email_addresses": [{
                    "id": "idn_1", "email_address": format!("{}@example.com", self.subject),
                    "verification": {"status": "verified"},
                }],
            },
        })
        .to_string()
    }

    /// The headers that prove the body, as of now.
    pub(crate) fn headers(&self) -> [(&'static str, String); 3] {
        let id = format!("msg_{}", self.subject);
        let now = SystemTime::UNIX_EPOCH.elapsed();
        let timestamp = now.expect("it is later than 1970").as_secs();
        let secret = SECRET.strip_prefix("whsec_").unwrap_or_default();
        let key = STANDARD.decode(secret).expect("the secret is base64");
        let signed = format!("{id}.{timestamp}.{}", self.body());
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let signature = STANDARD.encode(hmac::sign(&key, signed.as_bytes()));
        [
            ("webhook-id", id),
            ("webhook-timestamp", timestamp.to_string()),
            ("webhook-signature", format!("v1,{signature}")),
        ]
    }
}
