//! Changing all of a tenant's jobs that match, a bounded number at a time.

use gantry_domain::{AuditAction, Doorbell, JobFailure, JobId, JobState};
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;

use super::{JobFilter, RACE_LIMIT, TenantScope};
use crate::StoreError;
use crate::entities::jobs;
use crate::transitions::{self, CancelOutcome, HOLDER_OF_UNIQUE_KEY};

/// Whether jobs are to be changed, or only counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkMode {
    /// They are changed.
    Apply,
    /// They are counted.
    DryRun,
}

/// What became of a bounded number of the jobs that match.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkChange<T> {
    /// The jobs that match and can be changed, up to the limit.
    pub matched: usize,
    /// Those of them that were changed.
    pub changed: Vec<T>,
    /// Whether more match than the limit allows; asking again changes those.
    pub has_more: bool,
}

/// The oldest jobs that match, up to the limit.
struct Matches {
    job_ids: Vec<JobId>,
    has_more: bool,
}

impl TenantScope<'_> {
    /// Queues at most `limit` failed or cancelled jobs again that match and whose unique key is free, the oldest first.
    ///
    /// # Errors
    /// Postgres cannot be reached; then none is queued.
    pub async fn redrive_jobs(
        &self,
        filter: &JobFilter,
        limit: u32,
        mode: BulkMode,
    ) -> Result<BulkChange<Doorbell>, StoreError> {
        let mut races = 0;
        loop {
            match self.try_redrive_jobs(filter, limit, mode).await {
                Err(error) if error.is_unique_violation() && races < RACE_LIMIT => races += 1,
                outcome => return outcome,
            }
        }
    }

    async fn try_redrive_jobs(
        &self,
        filter: &JobFilter,
        limit: u32,
        mode: BulkMode,
    ) -> Result<BulkChange<Doorbell>, StoreError> {
        let transaction = self.begin().await?;
        let matches = matches(&transaction, filter, redrivable(), limit).await?;
        let changed = match mode {
            BulkMode::Apply => transitions::redrive(&transaction, &matches.job_ids).await?,
            BulkMode::DryRun => Vec::new(),
        };
        self.audit_bulk(&transaction, AuditAction::JobsRedriven, changed.len())
            .await?;
        transaction.commit().await?;
        Ok(matches.changed_to(changed))
    }

    /// Ends at most `limit` waiting jobs that match, and writes down that running ones are to end, the oldest first;
    /// `error` says who asked. Those whose end was asked for before are left out.
    ///
    /// # Errors
    /// Postgres cannot be reached; then none is cancelled.
    pub async fn cancel_jobs(
        &self,
        filter: &JobFilter,
        error: &JobFailure,
        limit: u32,
        mode: BulkMode,
    ) -> Result<BulkChange<(JobId, CancelOutcome)>, StoreError> {
        let transaction = self.begin().await?;
        let matches = matches(&transaction, filter, cancellable(), limit).await?;
        let changed = match mode {
            BulkMode::Apply => transitions::cancel(&transaction, &matches.job_ids, error).await?,
            BulkMode::DryRun => Vec::new(),
        };
        self.audit_bulk(&transaction, AuditAction::JobsCancelled, changed.len())
            .await?;
        transaction.commit().await?;
        Ok(matches.changed_to(changed))
    }

    /// One entry for all the jobs; none where nothing was changed.
    async fn audit_bulk(
        &self,
        transaction: &DatabaseTransaction,
        action: AuditAction,
        changed: usize,
    ) -> Result<(), StoreError> {
        if changed == 0 {
            return Ok(());
        }
        let detail = json!({ "jobs": changed });
        self.audit(transaction, action, self.tenant_id, detail)
            .await
    }
}

impl Matches {
    fn changed_to<T>(self, changed: Vec<T>) -> BulkChange<T> {
        BulkChange {
            matched: self.job_ids.len(),
            changed,
            has_more: self.has_more,
        }
    }
}

fn redrivable() -> Condition {
    let states = [JobState::Failed, JobState::Cancelled].map(JobState::as_str);
    Condition::all()
        .add(jobs::Column::State.is_in(states))
        .add(Expr::cust(format!("NOT EXISTS ({HOLDER_OF_UNIQUE_KEY})")))
}

fn cancellable() -> Condition {
    let states = [JobState::Scheduled, JobState::Queued, JobState::Running].map(JobState::as_str);
    Condition::all()
        .add(jobs::Column::State.is_in(states))
        .add(jobs::Column::CancelRequestedAt.is_null())
}

async fn matches(
    transaction: &DatabaseTransaction,
    filter: &JobFilter,
    changeable: Condition,
    limit: u32,
) -> Result<Matches, StoreError> {
    let ids: Vec<Uuid> = jobs::Entity::find()
        .select_only()
        .column(jobs::Column::Id)
        .filter(filter.condition())
        .filter(changeable)
        .order_by_asc(jobs::Column::Id)
        .limit(u64::from(limit) + 1)
        .into_tuple()
        .all(transaction)
        .await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    Ok(Matches {
        has_more: ids.len() > limit,
        job_ids: ids.into_iter().take(limit).map(JobId::from_uuid).collect(),
    })
}
