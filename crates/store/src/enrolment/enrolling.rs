//! Enrolling: an enrol token is used up, and a worker token with its login comes into being, in one transaction.

use chrono::{DateTime, Utc};
use gantry_domain::{
    AuditAction, AuditOrigin, QueueName, TenantId, WORKER_TOKEN_LIFETIME_SECONDS,
    WORKER_TOKEN_LIMIT_COUNT, WorkerTokenId,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult};
use serde_json::json;

use super::{SecretHash, present, queue_names};
use crate::audit::{self, AuditEntry};
use crate::door::Door;
use crate::statement::{column, statement};
use crate::{ApiStore, StoreError};

/// What a machine that is let in is given.
#[derive(Debug, Clone)]
pub struct NewWorkerToken {
    /// Its id.
    pub id: WorkerTokenId,
    /// What the machine calls itself.
    pub name: String,
    /// SHA-256 of the token.
    pub secret_hash: SecretHash,
    /// SHA-256 of the password in Redis.
    pub redis_password_hash: SecretHash,
    /// The verifier of the password in Postgres, as SCRAM-SHA-256 writes it.
    pub password_verifier: String,
}

/// A machine that was let in, and what it reaches.
#[derive(Debug, Clone, PartialEq)]
pub struct EnrolledWorker {
    /// Its token.
    pub id: WorkerTokenId,
    /// The tenant whose machine it is.
    pub tenant_id: TenantId,
    /// The queues that it may serve.
    pub queues: Vec<QueueName>,
    /// Its login in Postgres.
    pub login: String,
    /// SHA-256 of its password in Redis.
    pub redis_password_hash: SecretHash,
    /// Until when the token is valid unless it is renewed.
    pub expires_at: DateTime<Utc>,
}

/// What became of the wish to be let in.
#[derive(Debug, Clone, PartialEq)]
pub enum EnrolOutcome {
    /// The machine is in; the enrol token is used up.
    Enrolled(EnrolledWorker),
    /// There is no such token, or it was used, withdrawn, or has expired, or the account of who minted it has ended.
    Refused,
    /// The tenant has [`WORKER_TOKEN_LIMIT_COUNT`] machines already; the token was not used up.
    TooMany,
}

/// The columns an enrolled worker is made of.
pub(super) const ENROLLED_COLUMNS: &str =
    "id, tenant_id, queues, login, redis_password_hash, expires_at";

/// What an enrol token stands for.
struct Invitation {
    id: uuid::Uuid,
    tenant_id: uuid::Uuid,
    queues: Vec<String>,
    created_by: uuid::Uuid,
}

impl ApiStore {
    /// Trades an enrol token for a worker token with its login: of any number that try with the same token, one is let in.
    ///
    /// # Errors
    /// Postgres cannot be reached, or the owner of the schema may not make roles; then the enrol token was not used up.
    pub async fn enroll(
        &self,
        enrol_secret_hash: &SecretHash,
        token: &NewWorkerToken,
        origin: &AuditOrigin,
    ) -> Result<EnrolOutcome, StoreError> {
        let enrolling = Box::pin(self.enroll_once(enrol_secret_hash, token, origin));
        self.tenants.within_transaction_limit(enrolling).await
    }

    async fn enroll_once(
        &self,
        enrol_secret_hash: &SecretHash,
        token: &NewWorkerToken,
        origin: &AuditOrigin,
    ) -> Result<EnrolOutcome, StoreError> {
        let transaction = self.tenants.begin().await?;
        present(&transaction, enrol_secret_hash).await?;
        let Some(invitation) = use_up(&transaction, enrol_secret_hash).await? else {
            return Ok(EnrolOutcome::Refused);
        };
        if is_minter_gone(&transaction, &invitation).await? {
            return Ok(EnrolOutcome::Refused);
        }
        act_for(&transaction, &invitation).await?;
        if !stands(&transaction, &invitation).await? {
            return Ok(EnrolOutcome::Refused);
        }
        if has_too_many(&transaction).await? {
            return Ok(EnrolOutcome::TooMany);
        }
        let enrolled = let_in(&transaction, &invitation, token).await?;
        let entry = AuditEntry {
            tenant_id: Some(enrolled.tenant_id),
            action: AuditAction::WorkerEnrolled,
            resource_id: enrolled.id.to_string(),
            detail: json!({"enrol_token_id": invitation.id, "name": token.name, "queues": enrolled.queues}),
        };
        let origin = AuditOrigin {
            actor_id: Some(enrolled.id.to_string()),
            ..origin.clone()
        };
        audit::write(&transaction, Some(&origin), entry).await?;
        transaction.commit().await?;
        Ok(EnrolOutcome::Enrolled(enrolled))
    }
}

/// Two that come at once take turns at the row, and the second finds it used.
async fn use_up(
    transaction: &DatabaseTransaction,
    secret_hash: &SecretHash,
) -> Result<Option<Invitation>, StoreError> {
    let sql = "UPDATE enrol_tokens SET used_at = now()
        WHERE secret_hash = $1 AND used_at IS NULL AND expires_at > now()
        RETURNING id, tenant_id, queues, created_by";
    let values = [secret_hash.to_vec().into()];
    let row = transaction.query_one_raw(statement(sql, values)).await?;
    row.map(|row| {
        Ok(Invitation {
            id: column(&row, "id")?,
            tenant_id: column(&row, "tenant_id")?,
            queues: column(&row, "queues")?,
            created_by: column(&row, "created_by")?,
        })
    })
    .transpose()
}

async fn act_for(
    transaction: &DatabaseTransaction,
    invitation: &Invitation,
) -> Result<(), StoreError> {
    let sql = "SELECT set_config('app.tenant_id', $1, true)";
    let values = [invitation.tenant_id.to_string().into()];
    transaction.execute_raw(statement(sql, values)).await?;
    Ok(())
}

/// Whether the account of who minted the token has ended. Asked in the door by which nobody comes in who is gone, for this one
/// question.
async fn is_minter_gone(
    transaction: &DatabaseTransaction,
    invitation: &Invitation,
) -> Result<bool, StoreError> {
    let enter = "SELECT set_config('app.door', $1, true)";
    let gone =
        "SELECT FROM directory_entries WHERE kind = 'user' AND id = $1 AND deleted_at IS NOT NULL";
    let door = |name: &str| statement(enter, [name.into()]);
    transaction.execute_raw(door(Door::Identity.name())).await?;
    let found = transaction.query_one_raw(statement(gone, [invitation.created_by.into()]));
    let is_gone = found.await?.is_some();
    transaction.execute_raw(door("")).await?;
    Ok(is_gone)
}

/// Whether the tenant was not deleted meanwhile, and the queues are still its own.
async fn stands(
    transaction: &DatabaseTransaction,
    invitation: &Invitation,
) -> Result<bool, StoreError> {
    let sql = "SELECT NOT EXISTS (SELECT FROM tenants WHERE id = $1 AND deleted_at IS NOT NULL)
        AND ARRAY (SELECT queue FROM tenant_queues WHERE tenant_id = $1) @> $2 AS stands";
    let values = [
        invitation.tenant_id.into(),
        invitation.queues.clone().into(),
    ];
    let row = transaction.query_one_raw(statement(sql, values)).await?;
    row.map_or(Ok(false), |row| column(&row, "stands"))
}

async fn has_too_many(transaction: &DatabaseTransaction) -> Result<bool, StoreError> {
    let sql = format!(
        "SELECT count(*) >= {WORKER_TOKEN_LIMIT_COUNT} AS are_many FROM worker_tokens
         WHERE revoked_at IS NULL AND expires_at > now()"
    );
    let row = transaction.query_one_raw(statement(&sql, [])).await?;
    row.map_or(Ok(false), |row| column(&row, "are_many"))
}

async fn let_in(
    transaction: &DatabaseTransaction,
    invitation: &Invitation,
    token: &NewWorkerToken,
) -> Result<EnrolledWorker, StoreError> {
    let sql = format!(
        "INSERT INTO worker_tokens (id, tenant_id, queues, name, login, secret_hash, redis_password_hash, created_by,
            expires_at)
         VALUES ($1, $2, $3, $4, make_enrolled_login($1, $5), $6, $7, $8,
            now() + interval '{WORKER_TOKEN_LIFETIME_SECONDS} seconds')
         RETURNING {ENROLLED_COLUMNS}"
    );
    let values = [
        token.id.as_uuid().into(),
        invitation.tenant_id.into(),
        invitation.queues.clone().into(),
        token.name.as_str().into(),
        token.password_verifier.as_str().into(),
        token.secret_hash.to_vec().into(),
        token.redis_password_hash.to_vec().into(),
        invitation.created_by.into(),
    ];
    let row = transaction.query_one_raw(statement(&sql, values)).await?;
    row.as_ref()
        .map(enrolled_worker)
        .unwrap_or_else(|| Err(no_row()))
}

pub(super) fn enrolled_worker(row: &QueryResult) -> Result<EnrolledWorker, StoreError> {
    let hash: Vec<u8> = column(row, "redis_password_hash")?;
    Ok(EnrolledWorker {
        id: WorkerTokenId::from_uuid(column(row, "id")?),
        tenant_id: TenantId::from_uuid(column(row, "tenant_id")?),
        queues: queue_names(row)?,
        login: column(row, "login")?,
        redis_password_hash: hash.try_into().map_err(|_| StoreError::UnknownContent {
            column: "redis_password_hash",
            reason: "it is not 32 bytes long".to_owned(),
        })?,
        expires_at: column(row, "expires_at")?,
    })
}

fn no_row() -> StoreError {
    StoreError::UnknownContent {
        column: "id",
        reason: "the inserted worker token did not come back".to_owned(),
    }
}
