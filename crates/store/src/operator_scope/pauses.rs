//! Pausing and resuming queues, tenants and people.

use gantry_domain::{
    AuditAction, Doorbell, JobFailure, JobId, PAUSE_LIMIT_COUNT, Pause, PauseScope, PauseSubject,
    UserId,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde_json::json;

use super::OperatorScope;
use crate::StoreError;
use crate::pauses::pause;
use crate::statement::{column, statement};
use crate::transitions::{self, CancelOutcome};

/// Someone's wish that jobs wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PauseWish {
    /// Whose jobs.
    pub subject: PauseSubject,
    /// Why.
    pub reason: Option<String>,
    /// Who wishes it.
    pub paused_by: UserId,
    /// What that person is called.
    pub paused_by_name: String,
}

/// What became of the wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PauseOutcome {
    /// It lasts, from now on or from before; a reason given now replaces an earlier one.
    Paused(Pause),
    /// Nobody ever named such a queue, tenant or person.
    UnknownSubject,
    /// There are [`PAUSE_LIMIT_COUNT`] pauses already.
    TooMany,
}

impl OperatorScope<'_> {
    /// Lets jobs wait. No claim that begins after this has returned takes one of them.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn pause(&self, wish: &PauseWish) -> Result<PauseOutcome, StoreError> {
        let transaction = self.begin().await?;
        if !is_known(&transaction, &wish.subject).await? {
            return Ok(PauseOutcome::UnknownSubject);
        }
        let sql = format!(
            "INSERT INTO pauses (scope, subject, reason, paused_by, paused_by_name)
             SELECT $1, $2, $3, $4, $5
             WHERE EXISTS (SELECT FROM pauses WHERE scope = $1 AND subject = $2)
                OR (SELECT count(*) FROM pauses) < {PAUSE_LIMIT_COUNT}
             ON CONFLICT (scope, subject) DO UPDATE SET reason = COALESCE(excluded.reason, pauses.reason)
             RETURNING *"
        );
        let row = transaction
            .query_one_raw(statement(
                &sql,
                [
                    wish.subject.scope().as_str().into(),
                    wish.subject.name().into(),
                    wish.reason.clone().into(),
                    wish.paused_by.as_uuid().into(),
                    wish.paused_by_name.as_str().into(),
                ],
            ))
            .await?;
        let Some(row) = row else {
            return Ok(PauseOutcome::TooMany);
        };
        let pause = pause(&row)?;
        let detail = json!({ "reason": wish.reason });
        self.audit_pause(&transaction, AuditAction::PauseBegun, &wish.subject, detail)
            .await?;
        transaction.commit().await?;
        Ok(PauseOutcome::Paused(pause))
    }

    /// Ends a pause; says whether there was one.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn resume(&self, subject: &PauseSubject) -> Result<bool, StoreError> {
        let transaction = self.begin().await?;
        let ended = transaction
            .execute_raw(statement(
                "DELETE FROM pauses WHERE scope = $1 AND subject = $2",
                [subject.scope().as_str().into(), subject.name().into()],
            ))
            .await?
            .rows_affected()
            > 0;
        if ended {
            self.audit_pause(&transaction, AuditAction::PauseEnded, subject, json!({}))
                .await?;
        }
        transaction.commit().await?;
        Ok(ended)
    }

    async fn audit_pause(
        &self,
        transaction: &DatabaseTransaction,
        action: AuditAction,
        subject: &PauseSubject,
        mut detail: serde_json::Value,
    ) -> Result<(), StoreError> {
        let tenant_id = match subject {
            PauseSubject::Tenant(tenant_id) => Some(*tenant_id),
            PauseSubject::Queue(_) | PauseSubject::User(_) => None,
        };
        detail["scope"] = subject.scope().as_str().into();
        self.audit(transaction, tenant_id, action, subject.name(), detail)
            .await
    }

    /// Every pause that lasts, the oldest first.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn pauses(&self) -> Result<Vec<Pause>, StoreError> {
        let transaction = self.begin().await?;
        let rows = transaction
            .query_all_raw(statement(
                "SELECT * FROM pauses ORDER BY paused_at, scope, subject",
                [],
            ))
            .await?;
        transaction.commit().await?;
        rows.iter().map(pause).collect()
    }

    /// Writes down that at most `limit` running jobs are to end, the oldest first; those whose end was asked for before
    /// are left out. `error` says who asked.
    ///
    /// # Errors
    /// Postgres cannot be reached; then none is to end.
    pub async fn cancel_running(
        &self,
        subject: &PauseSubject,
        error: &JobFailure,
        limit: u32,
    ) -> Result<Vec<(JobId, CancelOutcome)>, StoreError> {
        let transaction = self.begin().await?;
        let sql = format!(
            "SELECT id FROM jobs
             WHERE state = 'running' AND queued_at IS NOT NULL AND finished_at IS NULL
                AND cancel_requested_at IS NULL AND {}
             ORDER BY id LIMIT $2",
            is_of(subject)
        );
        let rows = transaction
            .query_all_raw(statement(
                &sql,
                [subject.name().into(), i64::from(limit).into()],
            ))
            .await?;
        let job_ids = rows
            .iter()
            .map(|row| Ok(JobId::from_uuid(column(row, "id")?)))
            .collect::<Result<Vec<_>, StoreError>>()?;
        let outcomes = transitions::cancel(&transaction, &job_ids, error).await?;
        transaction.commit().await?;
        Ok(outcomes)
    }

    /// The words for at most `limit` queued jobs that are not paused, those that wait the longest first.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn oldest_waiting(
        &self,
        subject: &PauseSubject,
        limit: u32,
    ) -> Result<Vec<Doorbell>, StoreError> {
        self.oldest_of(is_of(subject), subject.name(), limit).await
    }
}

/// Whether anyone ever named it: a queue by serving it, by a kind or a live job; a tenant or person by signing in.
async fn is_known(
    transaction: &DatabaseTransaction,
    subject: &PauseSubject,
) -> Result<bool, StoreError> {
    let sql = match subject.scope() {
        PauseScope::Queue => {
            "SELECT 1 WHERE EXISTS (SELECT FROM workers WHERE $1 = ANY (queues))
                OR EXISTS (SELECT FROM kinds WHERE queue = $1)
                OR EXISTS (SELECT FROM jobs WHERE queue = $1 AND queued_at IS NULL AND finished_at IS NULL)
                OR EXISTS (SELECT FROM jobs WHERE queue = $1 AND queued_at IS NOT NULL AND finished_at IS NULL)"
        }
        PauseScope::Tenant => "SELECT 1 FROM tenants WHERE id = $1::uuid",
        PauseScope::User => "SELECT 1 FROM users WHERE id = $1::uuid",
    };
    let row = transaction
        .query_one_raw(statement(sql, [subject.name().into()]))
        .await?;
    Ok(row.is_some())
}

/// The condition that a job is one of those that `$1` names.
const fn is_of(subject: &PauseSubject) -> &'static str {
    match subject.scope() {
        PauseScope::Queue => "queue = $1",
        PauseScope::Tenant => "tenant_id = $1::uuid",
        PauseScope::User => "created_by = $1::uuid",
    }
}
