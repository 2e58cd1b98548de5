//! Machines of tenants' own: what is asked for and answered when they are let in.

mod addresses;
mod password_verifier;
mod redis_user;
mod secret;
mod upkeep;

pub use addresses::EnrolmentAddresses;
pub use password_verifier::password_verifier;
pub use redis_user::let_in;
pub use secret::{ENROL_TOKEN_PREFIX, Secret, WORKER_TOKEN_PREFIX};
pub use upkeep::EnrolmentUpkeep;

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use gantry_domain::{
    ENROL_QUEUE_LIMIT_COUNT, ENROL_TOKEN_DEFAULT_SECONDS, ENROL_TOKEN_LIMIT_SECONDS, EnrolToken,
    QueueName, TenantId, WorkerTokenId,
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::object_reader::{count_up_to, name_up_to, read_object, text};
use crate::problem::ApiError;

/// How long a machine's name may be.
const NAME_LIMIT_CHARACTERS: usize = 64;
/// How long a token may be that is looked at.
const TOKEN_LIMIT_CHARACTERS: usize = 200;

/// An enrol token to be minted. Other fields are refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "documents the body, which is read by hand")]
pub struct MintRequest {
    /// The queues that the machine may serve. They become the tenant's own: nobody else may use them, and nobody else may be
    /// using them.
    #[schema(min_items = 1, max_items = 16)]
    queues: Vec<QueueName>,
    /// How long the token can be used; an hour unless given.
    #[schema(nullable, minimum = 1, maximum = 86_400)]
    lifetime_seconds: Option<u32>,
}

/// A machine that wants to be let in. Other fields are refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "documents the body, which is read by hand")]
pub struct EnrolRequest {
    /// The enrol token.
    token: String,
    /// What the machine calls itself: 1 to 64 characters, without control characters.
    #[schema(min_length = 1, max_length = 64)]
    name: String,
}

/// A machine that renews its token. Other fields are refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "documents the body, which is read by hand")]
pub struct RenewRequest {
    /// The worker token.
    token: String,
}

/// An enrol token that was just minted, with the token itself, which is shown this once.
#[derive(Serialize, ToSchema)]
pub struct MintedEnrolToken {
    /// To be given to `gantry-worker enroll`.
    pub token: String,
    /// What is kept of it.
    #[serde(flatten)]
    pub kept: EnrolToken,
}

/// What a machine that was let in is given; its secrets are shown this once.
#[derive(Serialize, ToSchema)]
pub struct EnrolledView {
    /// The worker token's id.
    pub id: WorkerTokenId,
    /// The worker token, with which it is renewed.
    pub token: String,
    /// Until when it is valid unless it is renewed.
    pub expires_at: DateTime<Utc>,
    /// The tenant whose machine it is.
    pub tenant_id: TenantId,
    /// The queues that it may serve.
    pub queues: Vec<QueueName>,
    /// Where Postgres is, with the machine's own login.
    pub database_url: String,
    /// Where Redis is, with the machine's own user.
    pub redis_url: String,
    /// What every key in Redis begins with.
    pub redis_prefix: String,
}

/// A token that was renewed.
#[derive(Debug, Serialize, ToSchema)]
pub struct RenewedView {
    /// Until when it is valid unless it is renewed again.
    pub expires_at: DateTime<Utc>,
}

/// The queues and the lifetime that a body asks for.
///
/// # Errors
/// [`ApiError::InvalidRequest`] with every fault.
pub fn read_mint(body: Value) -> Result<(Vec<QueueName>, Duration), ApiError> {
    read_object(body, |fields| {
        let queues = fields.required("queues", queues);
        let lifetime = fields.optional("lifetime_seconds", count_up_to(ENROL_TOKEN_LIMIT_SECONDS));
        let seconds = lifetime.unwrap_or(ENROL_TOKEN_DEFAULT_SECONDS);
        Some((queues?, Duration::from_secs(u64::from(seconds))))
    })
}

/// The token and the name in the body of a machine.
///
/// # Errors
/// [`ApiError::InvalidRequest`] with every fault.
pub fn read_enrol(body: Value) -> Result<(SecretString, String), ApiError> {
    read_object(body, |fields| {
        let token = fields.required("token", token);
        let name = fields.required("name", name_up_to(NAME_LIMIT_CHARACTERS));
        Some((token?, name?))
    })
}

/// The token in the body of a machine.
///
/// # Errors
/// [`ApiError::InvalidRequest`] with every fault.
pub fn read_renew(body: Value) -> Result<SecretString, ApiError> {
    read_object(body, |fields| fields.required("token", token))
}

fn queues(value: &Value) -> Result<Vec<QueueName>, String> {
    let expected = || format!("must be 1 to {ENROL_QUEUE_LIMIT_COUNT} different names of queues");
    let items = value.as_array().ok_or_else(expected)?;
    let queues = items
        .iter()
        .map(|item| text(item)?.parse().map_err(|_| expected()))
        .collect::<Result<Vec<QueueName>, String>>()?;
    let different: HashSet<&QueueName> = queues.iter().collect();
    let is_complete = different.len() == queues.len();
    if !is_complete || !(1..=ENROL_QUEUE_LIMIT_COUNT).contains(&queues.len()) {
        return Err(expected());
    }
    Ok(queues)
}

fn token(value: &Value) -> Result<SecretString, String> {
    let token = text(value)?;
    if token.is_empty() || token.len() > TOKEN_LIMIT_CHARACTERS {
        return Err("must be a token as it was shown".to_owned());
    }
    Ok(SecretString::from(token))
}
