//! A tenant's API keys: making, listing and revoking them.

use gantry_domain::{API_KEY_LIMIT_COUNT, ApiKeyId, ApiKeySummary, AuditAction, Role, UserId};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult};
use serde_json::json;

use super::TenantScope;
use crate::StoreError;
use crate::api_keys::is_former_member;
use crate::statement::{column, integer, statement};

/// An API key to be made.
pub struct NewApiKey {
    /// Who makes it.
    pub created_by: UserId,
    /// What says that they belong to the tenant.
    pub standing: MakerStanding,
    /// What it is called.
    pub name: String,
    /// The part by which it is found.
    pub public_id: String,
    /// SHA-256 of the secret part.
    pub secret_digest: [u8; 32],
    /// Names of rights.
    pub scopes: Vec<String>,
    /// How long it is valid.
    pub expires_in_days: u32,
}

/// What says that the maker of a key belongs to the tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MakerStanding {
    /// The tenant is their own space.
    OwnSpace,
    /// A membership.
    Member,
    /// Their token, which gives them this role; it counts only for as long as no membership tells.
    Vouched(Role),
}

/// What became of a key that was to be made.
#[derive(Debug)]
pub enum ApiKeyCreation {
    /// It was made.
    Made(ApiKeySummary),
    /// The tenant has [`API_KEY_LIMIT_COUNT`] keys that work.
    TooMany,
    /// Who wished for it left the tenant meanwhile.
    MakerLeft,
}

const SUMMARY_COLUMNS: &str = "id, name, 'gk_' || public_id AS prefix, scopes, created_by, created_at, expires_at, last_used_at, revoked_at";

impl TenantScope<'_> {
    /// Makes a key.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn create_api_key(&self, new: &NewApiKey) -> Result<ApiKeyCreation, StoreError> {
        let transaction = self.begin().await?;
        if !self.belongs(&transaction, new).await? {
            return Ok(ApiKeyCreation::MakerLeft);
        }
        // Keys are counted by one transaction at a time; with no key yet there is none to count.
        let lock = "SELECT FROM api_keys ORDER BY id LIMIT 1 FOR UPDATE";
        transaction.query_one_raw(statement(lock, [])).await?;
        let vouched_role = match new.standing {
            MakerStanding::Vouched(role) => Some(role.as_str()),
            MakerStanding::OwnSpace | MakerStanding::Member => None,
        };
        let sql = format!(
            "INSERT INTO api_keys (id, tenant_id, created_by, vouched_role, name, public_id, secret_digest, scopes, expires_at)
             SELECT $1, current_tenant_id(), $2,
                CASE WHEN EXISTS (SELECT FROM memberships WHERE user_id = $2) THEN NULL ELSE $3 END,
                $4, $5, $6, $7, now() + make_interval(days => $8)
             WHERE (SELECT count(*) FROM api_keys WHERE revoked_at IS NULL AND expires_at > now()) < {API_KEY_LIMIT_COUNT}
             RETURNING {SUMMARY_COLUMNS}"
        );
        let row = transaction
            .query_one_raw(statement(
                &sql,
                [
                    ApiKeyId::generate().as_uuid().into(),
                    new.created_by.as_uuid().into(),
                    vouched_role.into(),
                    new.name.as_str().into(),
                    new.public_id.as_str().into(),
                    new.secret_digest.to_vec().into(),
                    new.scopes.clone().into(),
                    integer(new.expires_in_days).into(),
                ],
            ))
            .await?;
        let Some(row) = row else {
            return Ok(ApiKeyCreation::TooMany);
        };
        let key = summary(&row)?;
        let detail =
            json!({ "name": key.name, "scopes": key.scopes, "expires_at": key.expires_at });
        self.audit(&transaction, AuditAction::ApiKeyCreated, key.id, detail)
            .await?;
        transaction.commit().await?;
        Ok(ApiKeyCreation::Made(key))
    }

    /// Whether the maker of a key still belongs to the tenant. A membership that tells so stays until the key is made, and
    /// then ends with it.
    async fn belongs(
        &self,
        transaction: &DatabaseTransaction,
        new: &NewApiKey,
    ) -> Result<bool, StoreError> {
        match new.standing {
            MakerStanding::OwnSpace => Ok(true),
            MakerStanding::Vouched(_) => {
                Ok(!is_former_member(transaction, self.tenant_id, new.created_by).await?)
            }
            MakerStanding::Member => {
                // What the identity provider says is not locked, because this role could not change it: what that ends later
                // ends a key as well that was being made.
                let by_provider = "SELECT FROM memberships
                    WHERE tenant_id = current_tenant_id() AND user_id = $1 AND source = 'provider'";
                let by_people = "SELECT FROM memberships
                    WHERE tenant_id = current_tenant_id() AND user_id = $1 AND source = 'gantry' FOR SHARE";
                for sql in [by_provider, by_people] {
                    let values = [new.created_by.as_uuid().into()];
                    let found = transaction.query_one_raw(statement(sql, values)).await?;
                    if found.is_some() {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
        }
    }

    /// At most `limit` keys, newest first, those after `before` in that order; of one person, or of all.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn list_api_keys(
        &self,
        created_by: Option<UserId>,
        before: Option<ApiKeyId>,
        limit: u32,
    ) -> Result<Vec<ApiKeySummary>, StoreError> {
        let transaction = self.begin().await?;
        let sql = format!(
            "SELECT {SUMMARY_COLUMNS} FROM api_keys
             WHERE ($1::uuid IS NULL OR created_by = $1) AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3"
        );
        let values = [
            created_by.map(UserId::as_uuid).into(),
            before.map(ApiKeyId::as_uuid).into(),
            i64::from(limit).into(),
        ];
        let rows = transaction.query_all_raw(statement(&sql, values)).await?;
        transaction.commit().await?;
        rows.iter().map(summary).collect()
    }

    /// A key.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn find_api_key(&self, id: ApiKeyId) -> Result<Option<ApiKeySummary>, StoreError> {
        let transaction = self.begin().await?;
        let sql = format!("SELECT {SUMMARY_COLUMNS} FROM api_keys WHERE id = $1");
        let row = transaction
            .query_one_raw(statement(&sql, [id.as_uuid().into()]))
            .await?;
        transaction.commit().await?;
        row.as_ref().map(summary).transpose()
    }

    /// Revokes a key for good, unless it was before.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn revoke_api_key(&self, id: ApiKeyId, by: UserId) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        let revoked = transaction
            .execute_raw(statement(
                "UPDATE api_keys SET revoked_at = now(), revoked_by = $2 WHERE id = $1 AND revoked_at IS NULL",
                [id.as_uuid().into(), by.as_uuid().into()],
            ))
            .await?
            .rows_affected()
            > 0;
        if revoked {
            self.audit(&transaction, AuditAction::ApiKeyRevoked, id, json!({}))
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Writes down that a key is in use.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn write_api_key_use(&self, id: ApiKeyId) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        transaction
            .execute_raw(statement(
                "UPDATE api_keys SET last_used_at = now() WHERE id = $1",
                [id.as_uuid().into()],
            ))
            .await?;
        transaction.commit().await?;
        Ok(())
    }
}

fn summary(row: &QueryResult) -> Result<ApiKeySummary, StoreError> {
    Ok(ApiKeySummary {
        id: ApiKeyId::from_uuid(column(row, "id")?),
        name: column(row, "name")?,
        prefix: column(row, "prefix")?,
        scopes: column(row, "scopes")?,
        created_by: UserId::from_uuid(column(row, "created_by")?),
        created_at: column(row, "created_at")?,
        expires_at: column(row, "expires_at")?,
        last_used_at: column(row, "last_used_at")?,
        revoked_at: column(row, "revoked_at")?,
    })
}
