//! An identity provider that sends webhooks.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Utc;
use gantry_domain::JobId;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::{TestApi, json_of};

/// What webhooks are signed with.
pub const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A webhook on its way.
#[derive(Clone)]
pub struct Webhook {
    pub id: String,
    pub timestamp: i64,
    pub body: String,
    /// Signed with this.
    pub secret: String,
}

impl Webhook {
    /// A true one that tells of a change made so many seconds ago.
    pub fn new(sort: &str, seconds_ago: i64, mut data: Value) -> Self {
        let timestamp = Utc::now().timestamp();
        data["updated_at"] = json!((timestamp - seconds_ago) * 1_000);
        let body = json!({"type": sort, "object": "event", "data": data});
        Self::with_body(body.to_string())
    }

    /// A true one with this body.
    pub fn with_body(body: String) -> Self {
        Self {
            id: format!("msg_{}", JobId::generate()),
            timestamp: Utc::now().timestamp(),
            body,
            secret: WEBHOOK_SECRET.to_owned(),
        }
    }

    /// Of a person who has signed up with this verified primary address.
    pub fn sign_up(subject: &str, email: &str) -> Self {
        let data = json!({
            "id": subject, "first_name": "Ada", "last_name": "Lovelace",
            "primary_email_address_id": "idn_1",
            "email_addresses": [{"id": "idn_1", "email_address": email, "verification": {"status": "verified"}}],
            "public_metadata": {"cohort": "beta"},
        });
        Self::new("user.created", 10, data)
    }

    /// Of a person who belongs to an organization in this role.
    pub fn membership(subject: &str, organization: &str, role: &str) -> Self {
        let data = json!({
            "id": format!("orgmem_{subject}_{organization}"), "role": role,
            "organization": {"id": organization, "name": organization},
            "public_user_data": {"user_id": subject},
        });
        Self::new("organizationMembership.created", 10, data)
    }

    fn signature(&self) -> String {
        let key = STANDARD.decode(self.secret.strip_prefix("whsec_").unwrap());
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key.unwrap());
        let signed = format!("{}.{}.{}", self.id, self.timestamp, self.body);
        format!(
            "v1,{}",
            STANDARD.encode(hmac::sign(&key, signed.as_bytes()))
        )
    }

    pub async fn send(&self, api: &TestApi) -> Response {
        self.send_to(api, "/api/v1/webhooks/clerk").await
    }

    pub async fn send_to(&self, api: &TestApi, path: &str) -> Response {
        let request = api
            .anonymous(Method::POST, path)
            .header("svix-id", &self.id)
            .header("svix-timestamp", self.timestamp.to_string())
            .header("svix-signature", self.signature());
        request.body(self.body.clone()).send().await.unwrap()
    }

    /// The word for what became of it.
    pub async fn outcome(&self, api: &TestApi) -> String {
        let answer = json_of(self.send(api).await, StatusCode::OK).await;
        answer["outcome"].as_str().unwrap().to_owned()
    }
}
