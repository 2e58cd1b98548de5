//! Taking away what machines were given whose token has ended.

use std::time::Duration;

use gantry_domain::WorkerTokenId;
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use crate::door::Door;
use crate::statement::{column, seconds, statement};
use crate::{ApiStore, StoreError};

/// A token that has ended and whose login has not been taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedWorkerToken {
    /// Its id.
    pub id: WorkerTokenId,
}

impl ApiStore {
    /// At most `limit` tokens of any tenant that have ended at least `grace` ago, and whose logins are still there.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn ended_worker_tokens(
        &self,
        grace: Duration,
        limit: u32,
    ) -> Result<Vec<EndedWorkerToken>, StoreError> {
        let transaction = self.tenants.begin().await?;
        enter(&transaction).await?;
        let sql = "SELECT id FROM worker_tokens
            WHERE closed_at IS NULL AND (revoked_at IS NOT NULL OR expires_at <= now())
                AND least(revoked_at, expires_at) <= now() - make_interval(secs => $1)
            ORDER BY expires_at LIMIT $2";
        let values = [seconds(grace).into(), i64::from(limit).into()];
        let rows = transaction.query_all_raw(statement(sql, values)).await?;
        transaction.commit().await?;
        rows.iter()
            .map(|row| {
                Ok(EndedWorkerToken {
                    id: WorkerTokenId::from_uuid(column(row, "id")?),
                })
            })
            .collect()
    }

    /// Takes the login of an ended token away, with its sessions; says whether nothing of it is left. Otherwise it still
    /// owns something, and can no longer log in. To be called when its user in Redis is gone; doing it again does nothing.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn close_worker_token(&self, token: EndedWorkerToken) -> Result<bool, StoreError> {
        let transaction = self.tenants.begin().await?;
        enter(&transaction).await?;
        let sql = "UPDATE worker_tokens SET closed_at = now()
            WHERE id = $1 AND closed_at IS NULL AND (revoked_at IS NOT NULL OR expires_at <= now())
            RETURNING drop_enrolled_login(id) AS is_gone";
        let values = [token.id.as_uuid().into()];
        let row = transaction.query_one_raw(statement(sql, values)).await?;
        let is_gone = row.map(|row| column::<bool>(&row, "is_gone")).transpose()?;
        transaction.commit().await?;
        Ok(is_gone.unwrap_or(true))
    }
}

async fn enter(transaction: &DatabaseTransaction) -> Result<(), StoreError> {
    let sql = "SELECT set_config('app.door', $1, true)";
    let values = [Door::Close.name().into()];
    transaction.execute_raw(statement(sql, values)).await?;
    Ok(())
}
