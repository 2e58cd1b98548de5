//! Signing in with an API key.

mod known_keys;

pub use known_keys::KnownKeys;

use std::net::IpAddr;
use std::sync::Arc;

use gantry_auth::{ApiKey, ApiKeyDigest, AuthError, Credentials, HeaderField, Principal, Standing};
use gantry_domain::{ApiKeyId, Role, TenantId};
use gantry_store::StoredApiKey;

use crate::api::Api;
use crate::problem::{ApiError, ApiKeyError};
use crate::request_rates::line_up;
use crate::rights::Right;

/// What the caller learns of a key that is none, unknown, or whose secret is wrong.
const NOT_VALID: &str = "The API key is not valid.";

/// What a key that was found to be valid allows.
#[derive(Debug, Clone)]
pub struct KeyGrant {
    /// The key.
    pub id: ApiKeyId,
    /// Its rights, as far as its maker has them.
    pub scopes: Vec<Right>,
}

/// A key that was found to be valid, with what stood in its row then.
#[derive(Debug)]
pub struct KnownKey {
    grant: KeyGrant,
    principal: Principal,
    vouched_role: Option<Role>,
}

/// A key that a program presented and that is valid.
pub struct PresentedKey {
    /// What it allows.
    pub grant: KeyGrant,
    /// What the identity provider said its maker was in the tenant.
    pub vouched_role: Option<Role>,
}

/// For whom the key acts, and the key, which comes from this address.
///
/// # Errors
/// It is no key, unknown, revoked or expired, its maker may no longer come in, the request names another tenant, or
/// Postgres cannot be reached.
pub async fn present_key(
    api: &Api,
    credentials: &Credentials,
    text: &str,
    address: Option<IpAddr>,
) -> Result<(Principal, PresentedKey), ApiError> {
    let key = ApiKey::parse(text).ok_or_else(|| refused("the text is no API key"))?;
    let known = match api.known_keys.get(&key) {
        Some(known) => known,
        None => {
            let _turn = line_up(api, address).await?;
            find_out(api, &key).await?
        }
    };
    check_tenant(credentials, &known.principal)?;
    let presented = PresentedKey {
        grant: known.grant.clone(),
        vouched_role: known.vouched_role,
    };
    Ok((known.principal.clone(), presented))
}

/// Asks Postgres for the key. Whether it is revoked or expired is told only to those who have its secret.
async fn find_out(api: &Api, key: &ApiKey) -> Result<Arc<KnownKey>, ApiError> {
    let asking = api.known_keys.begin_asking();
    let stored = api.store.find_api_key(key.public_id()).await?;
    let digest = stored
        .as_ref()
        .map(|stored| ApiKeyDigest::from_bytes(stored.secret_digest));
    let is_genuine = key.is_of_digest(digest);
    let stored = stored
        .filter(|_| is_genuine)
        .ok_or_else(|| refused("the API key is unknown, or its secret is wrong"))?;
    if stored.is_revoked {
        return Err(ApiKeyError::Revoked.into());
    }
    if stored.is_expired {
        return Err(ApiKeyError::Expired.into());
    }
    let email = stored.email.as_deref();
    api.authenticator
        .admit_again(&stored.issuer, &stored.subject, email)?;
    if stored.is_use_to_be_written {
        let tenant = api.store.tenant(stored.tenant_id);
        tenant.write_api_key_use(stored.id).await?;
    }
    let known = Arc::new(KnownKey::from(stored));
    api.known_keys.keep(key, Arc::clone(&known), asking);
    Ok(known)
}

/// A caller who names a tenant must mean the key's: by its id, or by the organization's.
fn check_tenant(credentials: &Credentials, principal: &Principal) -> Result<(), ApiError> {
    let is_of_key = |name: &str| {
        name.parse()
            .is_ok_and(|tenant: TenantId| tenant == principal.tenant)
            || TenantId::for_organization(&principal.issuer, name) == principal.tenant
    };
    match &credentials.tenant {
        HeaderField::Absent => Ok(()),
        HeaderField::Text(name) if is_of_key(name) => Ok(()),
        HeaderField::Text(_) | HeaderField::Unreadable => Err(ApiKeyError::OtherTenant.into()),
    }
}

fn refused(reason: &'static str) -> ApiError {
    ApiError::Auth(AuthError::Unauthenticated {
        reason,
        message: NOT_VALID,
    })
}

impl From<StoredApiKey> for KnownKey {
    fn from(stored: StoredApiKey) -> Self {
        let own_space = TenantId::for_person(&stored.issuer, &stored.subject);
        let standing = if stored.tenant_id == own_space {
            Standing::Proven(Role::Owner)
        } else {
            Standing::Named
        };
        Self {
            grant: KeyGrant {
                id: stored.id,
                // A right that this version does not know allows nothing.
                scopes: stored
                    .scopes
                    .iter()
                    .filter_map(|name| Right::named(name))
                    .collect(),
            },
            principal: Principal {
                issuer: stored.issuer,
                subject: stored.subject,
                user: stored.user_id,
                tenant: stored.tenant_id,
                standing,
                email: stored.email,
                display_name: None,
                organization: None,
            },
            vouched_role: stored.vouched_role,
        }
    }
}
