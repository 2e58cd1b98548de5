//! Worker tokens: listed, renewed by their machines, revoked by their tenant.

use gantry_domain::{
    AuditAction, AuditOrigin, UserId, WORKER_TOKEN_LIFETIME_SECONDS, WORKER_TOKEN_LIMIT_COUNT,
    WorkerToken, WorkerTokenId, WorkerTokenState,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult};
use serde_json::json;

use super::enrolling::{ENROLLED_COLUMNS, EnrolledWorker, enrolled_worker};
use super::{SecretHash, present, queue_names};
use crate::audit::{self, AuditEntry};
use crate::connection::Pool;
use crate::statement::{column, statement, word};
use crate::{ApiStore, StoreError, TenantScope};

/// What became of the wish to renew a token.
#[derive(Debug, Clone, PartialEq)]
pub enum RenewOutcome {
    /// It is valid for its whole lifetime from now on.
    Renewed(EnrolledWorker),
    /// It was not renewed in time; the machine must be enrolled anew.
    Expired,
    /// It was taken back.
    Revoked,
    /// There is no such token.
    Unknown,
}

/// What became of the wish to revoke a token.
#[derive(Debug, Clone, PartialEq)]
pub enum RevokeOutcome {
    /// It is revoked, now or from before; its workers have no lease any more.
    Revoked(WorkerToken),
    /// The tenant has no such token.
    NotFound,
}

/// How a token stands, in words of [`WorkerTokenState`]. What was revoked stays so when its time is over.
const STATE: &str =
    "CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN expires_at <= now() THEN 'expired'
    ELSE 'valid' END AS state";
/// Within which time of a renewal another one changes nothing, so that asking often costs little.
const RENEWED_JUST_NOW: &str = "interval '1 hour'";
const COLUMNS: &str =
    "id, name, queues, created_by, created_at, renewed_at, expires_at, revoked_at";

impl TenantScope<'_> {
    /// The machines that were let in, those that are valid first, then the newest.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn worker_tokens(&self) -> Result<Vec<WorkerToken>, StoreError> {
        let transaction = self.begin().await?;
        let sql = format!(
            "SELECT {COLUMNS}, {STATE} FROM worker_tokens
             ORDER BY revoked_at IS NULL AND expires_at > now() DESC, id DESC LIMIT 2 * {WORKER_TOKEN_LIMIT_COUNT}"
        );
        let rows = transaction.query_all_raw(statement(&sql, [])).await?;
        transaction.commit().await?;
        rows.iter().map(worker_token).collect()
    }

    /// Takes a token back: no statement of its machine finds anything any more, those that were under way are broken off,
    /// and its jobs are anyone's to take over.
    ///
    /// # Errors
    /// Postgres cannot be reached, or a session of the machine has not ended yet: then the token may be revoked all the
    /// same, and revoking it again does what is left.
    pub async fn revoke_worker_token(
        &self,
        id: WorkerTokenId,
        revoked_by: UserId,
    ) -> Result<RevokeOutcome, StoreError> {
        let revoked = self.revoke(id, revoked_by).await?;
        if matches!(revoked, RevokeOutcome::Revoked(_)) {
            self.cut_off(Some(id)).await?;
        }
        Ok(revoked)
    }

    /// Breaks off what the machines do whose token was revoked, and lets others take their jobs over; for a tenant that
    /// was deleted.
    ///
    /// # Errors
    /// Postgres cannot be reached, or a session has not ended yet; whoever takes their logins away ends it later.
    pub async fn cut_off_revoked_machines(&self) -> Result<(), StoreError> {
        self.cut_off(None).await
    }

    /// Commits by itself: a session of the machine can hold locks for as long as it likes, and none that this waits for.
    async fn revoke(
        &self,
        id: WorkerTokenId,
        revoked_by: UserId,
    ) -> Result<RevokeOutcome, StoreError> {
        let transaction = self.begin().await?;
        let sql = format!(
            "UPDATE worker_tokens SET revoked_at = COALESCE(revoked_at, now()), revoked_by = COALESCE(revoked_by, $2)
             WHERE id = $1 RETURNING {COLUMNS}, {STATE}"
        );
        let values = [id.as_uuid().into(), revoked_by.as_uuid().into()];
        let row = transaction.query_one_raw(statement(&sql, values)).await?;
        let Some(row) = row else {
            return Ok(RevokeOutcome::NotFound);
        };
        let revoked = worker_token(&row)?;
        let action = AuditAction::WorkerTokenRevoked;
        let detail = json!({"name": revoked.name});
        self.audit(&transaction, action, id, detail).await?;
        transaction.commit().await?;
        Ok(RevokeOutcome::Revoked(revoked))
    }

    /// Ends the sessions of the machine, or of all whose token is revoked, and then their leases. In this order: a session
    /// could hold the row of its worker, and one that begins now finds no row to hold.
    async fn cut_off(&self, id: Option<WorkerTokenId>) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        let sql = "SELECT COALESCE(bool_and(end_enrolled_sessions(id)), true) AS have_ended FROM worker_tokens
            WHERE revoked_at IS NOT NULL AND closed_at IS NULL AND ($1::uuid IS NULL OR id = $1)";
        let values = [id.map(WorkerTokenId::as_uuid).into()];
        let row = transaction.query_one_raw(statement(sql, values)).await?;
        if !row.map_or(Ok(true), |row| column(&row, "have_ended"))? {
            return Err(StoreError::SessionRemains);
        }
        end_leases(&transaction, id).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// Takes every token of the transaction's tenant back, with the enrol tokens that were not used; for a tenant that ends. What
/// the machines do is broken off afterwards ([`TenantScope::cut_off_revoked_machines`]).
pub(crate) async fn revoke_all(
    transaction: &DatabaseTransaction,
    revoked_by: UserId,
) -> Result<(), StoreError> {
    let revoke =
        "UPDATE worker_tokens SET revoked_at = now(), revoked_by = $1 WHERE revoked_at IS NULL";
    let values = [revoked_by.as_uuid().into()];
    transaction.execute_raw(statement(revoke, values)).await?;
    let withdraw = "DELETE FROM enrol_tokens WHERE used_at IS NULL";
    transaction.execute_raw(statement(withdraw, [])).await?;
    Ok(())
}

/// Ends the leases of workers of the transaction's tenant whose token is revoked: their jobs are anyone's to take over.
async fn end_leases(
    transaction: &DatabaseTransaction,
    id: Option<WorkerTokenId>,
) -> Result<(), StoreError> {
    let sql = "UPDATE workers SET state = 'stopped', lease_expires_at = now()
        WHERE state IN ('active', 'draining') AND ($1::uuid IS NULL OR token_id = $1)
            AND token_id IN (SELECT id FROM worker_tokens WHERE revoked_at IS NOT NULL)";
    let values = [id.map(WorkerTokenId::as_uuid).into()];
    transaction.execute_raw(statement(sql, values)).await?;
    Ok(())
}

impl ApiStore {
    /// Renews the token with this hash, unless it has ended. One that was renewed within the last hour stays as it is.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn renew_worker_token(
        &self,
        secret_hash: &SecretHash,
        origin: &AuditOrigin,
    ) -> Result<RenewOutcome, StoreError> {
        let transaction = self.tenants.begin().await?;
        present(&transaction, secret_hash).await?;
        let sql = format!(
            "SELECT {ENROLLED_COLUMNS}, {STATE}, renewed_at < now() - {RENEWED_JUST_NOW} AS is_to_be_renewed
             FROM worker_tokens WHERE secret_hash = $1 FOR NO KEY UPDATE"
        );
        let values = [secret_hash.to_vec().into()];
        let found = transaction.query_one_raw(statement(&sql, values)).await?;
        let Some(row) = found else {
            return Ok(RenewOutcome::Unknown);
        };
        match word(&row, "state")? {
            WorkerTokenState::Revoked => return Ok(RenewOutcome::Revoked),
            WorkerTokenState::Expired => return Ok(RenewOutcome::Expired),
            WorkerTokenState::Valid => {}
        }
        let mut worker = enrolled_worker(&row)?;
        if column(&row, "is_to_be_renewed")? {
            worker = renewed(&transaction, secret_hash, &worker).await?;
            let entry = AuditEntry {
                tenant_id: Some(worker.tenant_id),
                action: AuditAction::WorkerTokenRenewed,
                resource_id: worker.id.to_string(),
                detail: json!({"expires_at": worker.expires_at}),
            };
            let origin = AuditOrigin {
                actor_id: Some(worker.id.to_string()),
                ..origin.clone()
            };
            audit::write(&transaction, Some(&origin), entry).await?;
        }
        transaction.commit().await?;
        Ok(RenewOutcome::Renewed(worker))
    }
}

impl ApiStore {
    /// How the token with this hash stands now; none where there is no such token.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn worker_token_state(
        &self,
        secret_hash: &SecretHash,
    ) -> Result<Option<WorkerTokenState>, StoreError> {
        let transaction = self.tenants.begin().await?;
        present(&transaction, secret_hash).await?;
        let sql = format!("SELECT {STATE} FROM worker_tokens WHERE secret_hash = $1");
        let values = [secret_hash.to_vec().into()];
        let row = transaction.query_one_raw(statement(&sql, values)).await?;
        transaction.commit().await?;
        row.map(|row| word(&row, "state")).transpose()
    }
}

/// Moves the end of a valid token on, in a transaction that acts for its tenant from here on.
async fn renewed(
    transaction: &DatabaseTransaction,
    secret_hash: &SecretHash,
    worker: &EnrolledWorker,
) -> Result<EnrolledWorker, StoreError> {
    let sql = "SELECT set_config('app.tenant_id', $1, true)";
    let values = [worker.tenant_id.to_string().into()];
    transaction.execute_raw(statement(sql, values)).await?;
    let sql = format!(
        "UPDATE worker_tokens
         SET renewed_at = now(), expires_at = now() + interval '{WORKER_TOKEN_LIFETIME_SECONDS} seconds'
         WHERE secret_hash = $1 RETURNING {ENROLLED_COLUMNS}"
    );
    let values = [secret_hash.to_vec().into()];
    let row = transaction.query_one_raw(statement(&sql, values)).await?;
    row.map_or_else(|| Ok(worker.clone()), |row| enrolled_worker(&row))
}

/// How the token of this connection's own login stands; none where the login has none.
pub(crate) async fn standing(connection: &Pool) -> Result<Option<WorkerTokenState>, StoreError> {
    let sql = format!("SELECT {STATE} FROM worker_tokens WHERE login = session_user");
    let row = connection.query_one_raw(statement(&sql, [])).await?;
    row.map(|row| word(&row, "state")).transpose()
}

fn worker_token(row: &QueryResult) -> Result<WorkerToken, StoreError> {
    Ok(WorkerToken {
        id: WorkerTokenId::from_uuid(column(row, "id")?),
        name: column(row, "name")?,
        queues: queue_names(row)?,
        state: word(row, "state")?,
        created_by: UserId::from_uuid(column(row, "created_by")?),
        created_at: column(row, "created_at")?,
        renewed_at: column(row, "renewed_at")?,
        expires_at: column(row, "expires_at")?,
        revoked_at: column(row, "revoked_at")?,
    })
}
