//! Setting and removing concurrency limits.

use gantry_domain::{
    AuditAction, CONCURRENCY_LIMIT_COUNT, ConcurrencyLimit, Doorbell, LimitScope, LimitSubject,
    UserId,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult};
use serde_json::json;

use super::OperatorScope;
use crate::StoreError;
use crate::statement::{column, count, integer, statement, word};

/// What became of the wish for a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LimitOutcome {
    /// It holds.
    Set(ConcurrencyLimit),
    /// Nobody signed in for such a tenant, or no worker ever announced such a kind.
    UnknownSubject,
    /// There are [`CONCURRENCY_LIMIT_COUNT`] limits already.
    TooMany,
}

impl OperatorScope<'_> {
    /// Lets at most `max_running` jobs run at a time. What runs already runs on; a claim that is under way may still come
    /// on top of it.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn set_limit(
        &self,
        subject: &LimitSubject,
        max_running: u32,
        set_by: UserId,
    ) -> Result<LimitOutcome, StoreError> {
        let transaction = self.begin().await?;
        if !is_known(&transaction, subject).await? {
            return Ok(LimitOutcome::UnknownSubject);
        }
        let sql = format!(
            "INSERT INTO concurrency_limits (scope, subject, max_running, set_by)
             SELECT $1, $2, $3, $4
             WHERE EXISTS (SELECT FROM concurrency_limits WHERE scope = $1 AND subject = $2)
                OR (SELECT count(*) FROM concurrency_limits) < {CONCURRENCY_LIMIT_COUNT}
             ON CONFLICT (scope, subject) DO UPDATE
             SET max_running = excluded.max_running, set_by = excluded.set_by, set_at = now()
             RETURNING *"
        );
        let row = transaction
            .query_one_raw(statement(
                &sql,
                [
                    subject.scope().as_str().into(),
                    subject.name().into(),
                    integer(max_running).into(),
                    set_by.as_uuid().into(),
                ],
            ))
            .await?;
        let Some(row) = row else {
            return Ok(LimitOutcome::TooMany);
        };
        let limit = limit(&row)?;
        let detail = json!({ "max_running": max_running });
        self.audit_limit(&transaction, AuditAction::LimitSet, subject, detail)
            .await?;
        transaction.commit().await?;
        Ok(LimitOutcome::Set(limit))
    }

    /// Removes a limit; says whether there was one.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn remove_limit(&self, subject: &LimitSubject) -> Result<bool, StoreError> {
        let transaction = self.begin().await?;
        let removed = transaction
            .execute_raw(statement(
                "DELETE FROM concurrency_limits WHERE scope = $1 AND subject = $2",
                [subject.scope().as_str().into(), subject.name().into()],
            ))
            .await?
            .rows_affected()
            > 0;
        if removed {
            self.audit_limit(&transaction, AuditAction::LimitRemoved, subject, json!({}))
                .await?;
        }
        transaction.commit().await?;
        Ok(removed)
    }

    async fn audit_limit(
        &self,
        transaction: &DatabaseTransaction,
        action: AuditAction,
        subject: &LimitSubject,
        mut detail: serde_json::Value,
    ) -> Result<(), StoreError> {
        let tenant_id = match subject {
            LimitSubject::Tenant(tenant_id) => Some(*tenant_id),
            LimitSubject::Kind(_) | LimitSubject::EveryTenant => None,
        };
        detail["scope"] = subject.scope().as_str().into();
        self.audit(transaction, tenant_id, action, subject.name(), detail)
            .await
    }

    /// Every limit, by scope and subject.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn limits(&self) -> Result<Vec<ConcurrencyLimit>, StoreError> {
        let transaction = self.begin().await?;
        let rows = transaction
            .query_all_raw(statement(
                "SELECT * FROM concurrency_limits ORDER BY scope, subject",
                [],
            ))
            .await?;
        transaction.commit().await?;
        rows.iter().map(limit).collect()
    }

    /// The words for at most `limit` queued jobs that a limit concerned, those that wait the longest first; none for the
    /// limit of every tenant.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn oldest_waiting_under(
        &self,
        subject: &LimitSubject,
        limit: u32,
    ) -> Result<Vec<Doorbell>, StoreError> {
        let condition = match subject {
            LimitSubject::Tenant(_) => "tenant_id = $1::uuid",
            LimitSubject::Kind(_) => "kind = $1",
            LimitSubject::EveryTenant => return Ok(Vec::new()),
        };
        self.oldest_of(condition, subject.name(), limit).await
    }
}

async fn is_known(
    transaction: &DatabaseTransaction,
    subject: &LimitSubject,
) -> Result<bool, StoreError> {
    let sql = match subject {
        LimitSubject::EveryTenant => return Ok(true),
        LimitSubject::Tenant(_) => "SELECT 1 FROM tenants WHERE id = $1::uuid",
        LimitSubject::Kind(_) => "SELECT 1 FROM kinds WHERE name = $1",
    };
    let row = transaction
        .query_one_raw(statement(sql, [subject.name().into()]))
        .await?;
    Ok(row.is_some())
}

fn limit(row: &QueryResult) -> Result<ConcurrencyLimit, StoreError> {
    Ok(ConcurrencyLimit {
        scope: word::<LimitScope>(row, "scope")?,
        subject: column(row, "subject")?,
        max_running: count("max_running", column(row, "max_running")?)?,
        set_by: UserId::from_uuid(column(row, "set_by")?),
        set_at: column(row, "set_at")?,
    })
}
