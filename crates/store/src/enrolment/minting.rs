//! Minting, listing and withdrawing enrol tokens, each for queues of the tenant's own.

use std::time::Duration;

use gantry_domain::{
    AuditAction, ENROL_TOKEN_LIMIT_COUNT, EnrolToken, EnrolTokenId, QueueName,
    TENANT_QUEUE_LIMIT_COUNT, UserId,
};
use sea_orm::{ConnectionTrait, QueryResult};
use serde_json::json;

use super::queues::{Claim, claim_queue};
use super::{SecretHash, queue_names};
use crate::statement::{column, seconds, statement};
use crate::{StoreError, TenantScope};

/// A token to be minted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEnrolToken {
    /// Its id.
    pub id: EnrolTokenId,
    /// The queues that the machine may serve.
    pub queues: Vec<QueueName>,
    /// SHA-256 of the token.
    pub secret_hash: SecretHash,
    /// Who mints it.
    pub created_by: UserId,
    /// How long it can be used.
    pub lifetime: Duration,
}

/// What became of the wish to mint a token.
#[derive(Debug, Clone, PartialEq)]
pub enum MintOutcome {
    /// It is there, and the queues are the tenant's.
    Minted(EnrolToken),
    /// Nothing was done: these queues are another tenant's, or others use them.
    QueuesTaken(Vec<QueueName>),
    /// Nothing was done: [`TENANT_QUEUE_LIMIT_COUNT`] queues are the tenant's already.
    TooManyQueues,
    /// Nothing was done: [`ENROL_TOKEN_LIMIT_COUNT`] tokens wait for their machines already.
    TooMany,
}

const COLUMNS: &str = "id, queues, created_by, created_at, expires_at";

impl TenantScope<'_> {
    /// Mints a token, and makes its queues the tenant's own where they are not yet.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn mint_enrol_token(&self, token: &NewEnrolToken) -> Result<MintOutcome, StoreError> {
        let transaction = self.begin().await?;
        let mut taken = Vec::new();
        for queue in &token.queues {
            match claim_queue(&transaction, self.tenant_id, queue, token.created_by).await? {
                Claim::Owned => {}
                Claim::Taken => taken.push(queue.clone()),
            }
        }
        if !taken.is_empty() {
            return Ok(MintOutcome::QueuesTaken(taken));
        }
        let owned = "SELECT count(*) AS queues FROM tenant_queues";
        let owned = transaction.query_one_raw(statement(owned, [])).await?;
        let owned: i64 = owned.map_or(Ok(0), |row| column(&row, "queues"))?;
        if owned > i64::from(TENANT_QUEUE_LIMIT_COUNT) {
            return Ok(MintOutcome::TooManyQueues);
        }
        let sql = format!(
            "INSERT INTO enrol_tokens (id, tenant_id, queues, secret_hash, created_by, expires_at)
             SELECT $1, $2, $3, $4, $5, now() + make_interval(secs => $6)
             WHERE (SELECT count(*) FROM enrol_tokens WHERE used_at IS NULL AND expires_at > now())
                < {ENROL_TOKEN_LIMIT_COUNT}
             RETURNING {COLUMNS}"
        );
        let queues: Vec<String> = token.queues.iter().map(ToString::to_string).collect();
        let values = [
            token.id.as_uuid().into(),
            self.tenant_id.as_uuid().into(),
            queues.into(),
            token.secret_hash.to_vec().into(),
            token.created_by.as_uuid().into(),
            seconds(token.lifetime).into(),
        ];
        let row = transaction.query_one_raw(statement(&sql, values)).await?;
        let Some(row) = row else {
            return Ok(MintOutcome::TooMany);
        };
        let minted = enrol_token(&row)?;
        let detail = json!({"queues": minted.queues, "expires_at": minted.expires_at});
        self.audit(
            &transaction,
            AuditAction::EnrolTokenMinted,
            minted.id,
            detail,
        )
        .await?;
        transaction.commit().await?;
        Ok(MintOutcome::Minted(minted))
    }

    /// The tokens that wait for their machines, newest first.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn enrol_tokens(&self) -> Result<Vec<EnrolToken>, StoreError> {
        let transaction = self.begin().await?;
        let sql = format!(
            "SELECT {COLUMNS} FROM enrol_tokens WHERE used_at IS NULL AND expires_at > now()
             ORDER BY id DESC LIMIT {ENROL_TOKEN_LIMIT_COUNT}"
        );
        let rows = transaction.query_all_raw(statement(&sql, [])).await?;
        transaction.commit().await?;
        rows.iter().map(enrol_token).collect()
    }

    /// Takes a token back that has let no machine in; says whether there was such a token.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn withdraw_enrol_token(&self, id: EnrolTokenId) -> Result<bool, StoreError> {
        let transaction = self.begin().await?;
        let sql = "DELETE FROM enrol_tokens WHERE id = $1 AND used_at IS NULL";
        let values = [id.as_uuid().into()];
        let withdrawn = transaction.execute_raw(statement(sql, values)).await?;
        let is_withdrawn = withdrawn.rows_affected() > 0;
        if is_withdrawn {
            let action = AuditAction::EnrolTokenWithdrawn;
            self.audit(&transaction, action, id, json!({})).await?;
        }
        transaction.commit().await?;
        Ok(is_withdrawn)
    }
}

fn enrol_token(row: &QueryResult) -> Result<EnrolToken, StoreError> {
    Ok(EnrolToken {
        id: EnrolTokenId::from_uuid(column(row, "id")?),
        queues: queue_names(row)?,
        created_by: UserId::from_uuid(column(row, "created_by")?),
        created_at: column(row, "created_at")?,
        expires_at: column(row, "expires_at")?,
    })
}
