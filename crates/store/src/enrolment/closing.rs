//! Taking away what machines were given whose token has ended.

use std::time::Duration;

use gantry_domain::WorkerTokenId;
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use crate::connection::Pool;
use crate::door::Door;
use crate::statement::{column, seconds, statement};
use crate::{ApiStore, StoreError};

/// A token that has ended and whose login has not been taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedWorkerToken {
    /// Its id.
    pub id: WorkerTokenId,
}

/// What became of a login that was to be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginClosing {
    /// Nothing of it is left.
    Dropped,
    /// It owns something in Postgres and stays; it lets nobody in.
    Kept,
    /// Something is in the way; to be tried again.
    Busy,
}

/// How many closed tokens are looked at.
const CLOSED_LIMIT_TOKENS: u32 = 1_000;
/// How the token stands whose login may be taken away.
const HAS_ENDED: &str = "closed_at IS NULL AND (revoked_at IS NOT NULL OR expires_at <= now())";

impl ApiStore {
    /// Takes up at most `limit` tokens of any tenant that have ended at least `grace` ago and whose logins are still there:
    /// those first that were never taken up, then those that were longest ago, so that none which cannot be closed keeps
    /// another from its turn.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn take_up_ended_worker_tokens(
        &self,
        grace: Duration,
        limit: u32,
    ) -> Result<Vec<EndedWorkerToken>, StoreError> {
        let transaction = self.tenants.begin().await?;
        enter(&transaction).await?;
        let sql = format!(
            "UPDATE worker_tokens SET close_tried_at = now() WHERE id IN (
                SELECT id FROM worker_tokens
                WHERE {HAS_ENDED} AND least(revoked_at, expires_at) <= now() - make_interval(secs => $1)
                ORDER BY close_tried_at NULLS FIRST, expires_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
            ) RETURNING id"
        );
        let values = [seconds(grace).into(), i64::from(limit).into()];
        let rows = transaction.query_all_raw(statement(&sql, values)).await?;
        transaction.commit().await?;
        rows.iter()
            .map(|row| {
                Ok(EndedWorkerToken {
                    id: WorkerTokenId::from_uuid(column(row, "id")?),
                })
            })
            .collect()
    }

    /// Tokens of any tenant whose logins were taken away within the last `period`, at most [`CLOSED_LIMIT_TOKENS`], the
    /// latest first: a process that stalled for as long may make their users in Redis anew.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn lately_closed_worker_tokens(
        &self,
        period: Duration,
    ) -> Result<Vec<WorkerTokenId>, StoreError> {
        let transaction = self.tenants.begin().await?;
        enter(&transaction).await?;
        let sql = format!(
            "SELECT id FROM worker_tokens WHERE closed_at > now() - make_interval(secs => $1)
             ORDER BY closed_at DESC LIMIT {CLOSED_LIMIT_TOKENS}"
        );
        let values = [seconds(period).into()];
        let rows = transaction.query_all_raw(statement(&sql, values)).await?;
        transaction.commit().await?;
        rows.iter()
            .map(|row| Ok(WorkerTokenId::from_uuid(column(row, "id")?)))
            .collect()
    }

    /// Takes the login of an ended token away, with its sessions. To be called when its user in Redis is gone; doing it
    /// again does nothing.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn close_worker_token(
        &self,
        token: EndedWorkerToken,
    ) -> Result<LoginClosing, StoreError> {
        if !self.shut_login(token).await? {
            return Ok(LoginClosing::Busy);
        }
        self.drop_login(token).await
    }

    /// Ends the sessions of machines of any tenant whose transaction lasts longer than that, and with them whatever they have
    /// locked; says how many.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn end_machines_transactions(
        &self,
        longer_than: Duration,
    ) -> Result<u64, StoreError> {
        end_transactions(&self.tenants, longer_than).await
    }

    /// Commits by itself: only then is it certain that nobody else comes in.
    async fn shut_login(&self, token: EndedWorkerToken) -> Result<bool, StoreError> {
        let transaction = self.tenants.begin().await?;
        enter(&transaction).await?;
        let sql = format!(
            "SELECT shut_enrolled_login(id) AS is_shut FROM worker_tokens WHERE id = $1 AND {HAS_ENDED}"
        );
        let values = [token.id.as_uuid().into()];
        let row = transaction.query_one_raw(statement(&sql, values)).await?;
        transaction.commit().await?;
        row.map_or(Ok(true), |row| column(&row, "is_shut"))
    }

    async fn drop_login(&self, token: EndedWorkerToken) -> Result<LoginClosing, StoreError> {
        let transaction = self.tenants.begin().await?;
        enter(&transaction).await?;
        let sql = format!(
            "SELECT drop_enrolled_login(id) AS fate FROM worker_tokens WHERE id = $1 AND {HAS_ENDED}"
        );
        let values = [token.id.as_uuid().into()];
        let Some(row) = transaction.query_one_raw(statement(&sql, values)).await? else {
            return Ok(LoginClosing::Dropped);
        };
        let closing = match column::<String>(&row, "fate")?.as_str() {
            "dropped" => LoginClosing::Dropped,
            "kept" => LoginClosing::Kept,
            _ => return Ok(LoginClosing::Busy),
        };
        let sql =
            format!("UPDATE worker_tokens SET closed_at = now() WHERE id = $1 AND {HAS_ENDED}");
        let values = [token.id.as_uuid().into()];
        transaction.execute_raw(statement(&sql, values)).await?;
        transaction.commit().await?;
        Ok(closing)
    }
}

/// Ends the sessions of machines whose transaction lasts longer than that.
pub(crate) async fn end_transactions(
    connection: &Pool,
    longer_than: Duration,
) -> Result<u64, StoreError> {
    let sql = "SELECT end_enrolled_transactions(make_interval(secs => $1)) AS sessions";
    let values = [seconds(longer_than).into()];
    let row = connection.query_one_raw(statement(sql, values)).await?;
    let sessions = row.map_or(Ok(0), |row| column::<i64>(&row, "sessions"))?;
    Ok(sessions.unsigned_abs())
}

async fn enter(transaction: &DatabaseTransaction) -> Result<(), StoreError> {
    let sql = "SELECT set_config('app.door', $1, true)";
    let values = [Door::Close.name().into()];
    transaction.execute_raw(statement(sql, values)).await?;
    Ok(())
}
