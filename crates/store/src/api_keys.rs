//! Finding out whose an API key is, through the door `key`.

use gantry_domain::{ApiKeyId, MembershipId, Role, TenantId, UserId};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult};

use crate::StoreError;
use crate::connection::Pool;
use crate::door::Door;
use crate::statement::{column, parse, statement};

/// An API key as it is stored, with the person it acts for.
#[derive(Clone)]
pub struct StoredApiKey {
    /// The key.
    pub id: ApiKeyId,
    /// For which tenant it acts.
    pub tenant_id: TenantId,
    /// For whom.
    pub user_id: UserId,
    /// What a token said they are in the tenant, where no membership does and the provider did not end it since.
    pub vouched_role: Option<Role>,
    /// SHA-256 of the secret part.
    pub secret_digest: [u8; 32],
    /// Names of rights.
    pub scopes: Vec<String>,
    /// Whether it was revoked.
    pub is_revoked: bool,
    /// Whether its time is over.
    pub is_expired: bool,
    /// Whether its last use was long enough ago to be written anew.
    pub is_use_to_be_written: bool,
    /// Who vouches for the person.
    pub issuer: String,
    /// The issuer's word for the person.
    pub subject: String,
    /// The person's address, where the issuer told it.
    pub email: Option<String>,
}

/// How many seconds lie between two writings of a key's last use at least.
const USE_INTERVAL_SECONDS: u32 = 60;

pub(crate) async fn find(
    connection: &Pool,
    public_id: &str,
) -> Result<Option<StoredApiKey>, StoreError> {
    let transaction = connection.begin().await?;
    transaction
        .execute_raw(statement(
            "SELECT set_config('app.door', $1, true), set_config('app.key_public_id', $2, true)",
            [Door::Key.name().into(), public_id.into()],
        ))
        .await?;
    let sql = format!(
        "SELECT api_keys.id, tenant_id, created_by, vouched_role, secret_digest, scopes,
            revoked_at IS NOT NULL AS is_revoked, expires_at <= now() AS is_expired,
            last_used_at IS NULL OR last_used_at < now() - interval '{USE_INTERVAL_SECONDS} seconds' AS is_use_to_be_written,
            users.issuer, users.subject, users.email
         FROM api_keys JOIN users ON users.id = api_keys.created_by
         WHERE public_id = $1"
    );
    let row = transaction
        .query_one_raw(statement(&sql, [public_id.into()]))
        .await?;
    let mut found = row.as_ref().map(stored).transpose()?;
    if let Some(key) = &mut found
        && key.vouched_role.is_some()
        && is_former_member(&transaction, key.tenant_id, key.user_id).await?
    {
        key.vouched_role = None;
    }
    transaction.commit().await?;
    Ok(found)
}

/// Whether the identity provider ended the person's membership in the tenant and told of no other since.
pub(crate) async fn is_former_member(
    transaction: &DatabaseTransaction,
    tenant_id: TenantId,
    user_id: UserId,
) -> Result<bool, StoreError> {
    let id = MembershipId::of(tenant_id, user_id).to_string();
    transaction
        .execute_raw(statement(
            "SELECT set_config('app.membership_id', $1, true)",
            [id.as_str().into()],
        ))
        .await?;
    let ended = "SELECT FROM directory_entries WHERE kind = 'membership' AND id = $1::uuid AND deleted_at IS NOT NULL";
    let ended = transaction.query_one_raw(statement(ended, [id.into()]));
    Ok(ended.await?.is_some())
}

fn stored(row: &QueryResult) -> Result<StoredApiKey, StoreError> {
    let digest: Vec<u8> = column(row, "secret_digest")?;
    let vouched_role: Option<String> = column(row, "vouched_role")?;
    Ok(StoredApiKey {
        id: ApiKeyId::from_uuid(column(row, "id")?),
        tenant_id: TenantId::from_uuid(column(row, "tenant_id")?),
        user_id: UserId::from_uuid(column(row, "created_by")?),
        vouched_role: vouched_role
            .map(|role| parse("vouched_role", &role))
            .transpose()?,
        secret_digest: digest.try_into().map_err(|_| StoreError::UnknownContent {
            column: "secret_digest",
            reason: "it is not 32 bytes long".to_owned(),
        })?,
        scopes: column(row, "scopes")?,
        is_revoked: column(row, "is_revoked")?,
        is_expired: column(row, "is_expired")?,
        is_use_to_be_written: column(row, "is_use_to_be_written")?,
        issuer: column(row, "issuer")?,
        subject: column(row, "subject")?,
        email: column(row, "email")?,
    })
}
