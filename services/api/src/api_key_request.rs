//! Requests about API keys: read strictly, and who may look after which key.

use gantry_auth::{ApiKey, Standing};
use gantry_domain::{
    API_KEY_LIMIT_DAYS, API_KEY_NAME_LIMIT_CHARACTERS, ApiKeyId, ApiKeySummary, TenantId,
};
use gantry_store::{ApiKeyCreation, MakerStanding, NewApiKey};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::Api;
use crate::extractors::Caller;
use crate::object_reader::{count_up_to, name_up_to, read_object};
use crate::problem::{ApiError, ApiKeyError, TenancyError};
use crate::rights::{Reach, Right};

/// An API key to be made. Other fields are refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "documents the body, which is read by hand")]
pub struct ApiKeyRequest {
    /// What it is called: 1 to 100 characters, without control characters.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// The rights it is to have, such as `jobs:submit`; each must be a right of the caller's role.
    #[schema(min_items = 1)]
    scopes: Vec<String>,
    /// How many days it is valid.
    #[schema(minimum = 1, maximum = 365)]
    expires_in_days: u32,
}

/// An API key that was just made.
#[derive(Serialize, ToSchema)]
pub struct CreatedApiKey {
    /// What is told of it from now on.
    #[serde(flatten)]
    summary: ApiKeySummary,
    /// The key itself, shown this once: for `Authorization: Bearer`.
    key: String,
}

/// What a body asks for.
struct Wish {
    name: String,
    scopes: Vec<Right>,
    expires_in_days: u32,
}

/// Makes a key for the caller.
///
/// # Errors
/// The body has faults, the caller's role lacks a right the key is to have, the tenant has too many keys, or Postgres
/// cannot be reached.
pub async fn create(api: &Api, caller: &Caller, body: Value) -> Result<CreatedApiKey, ApiError> {
    let wish = read(body)?;
    let role = caller.role();
    if let Some(right) = wish
        .scopes
        .iter()
        .find(|right| right.reach(role) == Reach::Nothing)
    {
        return Err(TenancyError::MissingRight {
            right: *right,
            role,
        }
        .into());
    }
    let key = ApiKey::generate();
    let new = NewApiKey {
        created_by: caller.user,
        standing: standing(caller),
        name: wish.name,
        public_id: key.public_id().to_owned(),
        secret_digest: *key.digest().as_bytes(),
        scopes: wish.scopes.iter().map(Right::to_string).collect(),
        expires_in_days: wish.expires_in_days,
    };
    let summary = match caller.scope(api).create_api_key(&new).await? {
        ApiKeyCreation::Made(summary) => summary,
        ApiKeyCreation::TooMany => return Err(ApiKeyError::TooMany.into()),
        ApiKeyCreation::MakerLeft => return Err(TenancyError::NotAMember.into()),
    };
    Ok(CreatedApiKey {
        summary,
        key: key.to_secret_text().expose_secret().to_owned(),
    })
}

/// The key, if the caller looks after it.
///
/// # Errors
/// There is no such key in the tenant, it is someone else's, or Postgres cannot be reached.
pub async fn find(api: &Api, caller: &Caller, id: ApiKeyId) -> Result<ApiKeySummary, ApiError> {
    let key = caller
        .scope(api)
        .find_api_key(id)
        .await?
        .ok_or(ApiKeyError::NotFound)?;
    match caller.reach(Right::ManageKeys) {
        Reach::All => Ok(key),
        Reach::Own if key.created_by == caller.user => Ok(key),
        Reach::Own | Reach::Nothing => Err(ApiKeyError::NotTheOwner.into()),
    }
}

/// Revokes the key; from then on this process refuses it.
///
/// # Errors
/// As for [`find`].
pub async fn revoke(api: &Api, caller: &Caller, id: ApiKeyId) -> Result<(), ApiError> {
    find(api, caller, id).await?;
    let revoked = caller.scope(api).revoke_api_key(id, caller.user).await;
    // Also when the answer was lost: the revocation may have been committed.
    api.known_keys.forget(id);
    Ok(revoked?)
}

/// What says that the caller belongs to the tenant.
fn standing(caller: &Caller) -> MakerStanding {
    if caller.tenant == TenantId::for_person(&caller.issuer, &caller.subject) {
        return MakerStanding::OwnSpace;
    }
    match caller.standing {
        Standing::Named => MakerStanding::Member,
        Standing::Proven(_) | Standing::Believed => MakerStanding::Vouched(caller.role()),
    }
}

fn read(body: Value) -> Result<Wish, ApiError> {
    read_object(body, |fields| {
        let name = fields.required("name", name_up_to(API_KEY_NAME_LIMIT_CHARACTERS));
        let days = fields.required("expires_in_days", count_up_to(API_KEY_LIMIT_DAYS));
        let scopes = fields.required("scopes", scopes);
        Some(Wish {
            name: name?,
            scopes: scopes?,
            expires_in_days: days?,
        })
    })
}

fn scopes(value: &Value) -> Result<Vec<Right>, String> {
    let requirement = || {
        let names: Vec<&str> = Right::ALL
            .iter()
            .filter(|right| !right.is_for_people_only())
            .map(|right| right.as_str())
            .collect();
        format!("must list one or more of {}", names.join(", "))
    };
    let names = value.as_array().ok_or_else(requirement)?;
    let scopes: Option<std::collections::BTreeSet<Right>> = names
        .iter()
        .map(|name| {
            name.as_str()
                .and_then(Right::named)
                .filter(|right| !right.is_for_people_only())
        })
        .collect();
    scopes
        .filter(|scopes| !scopes.is_empty())
        .map(|scopes| scopes.into_iter().collect())
        .ok_or_else(requirement)
}
