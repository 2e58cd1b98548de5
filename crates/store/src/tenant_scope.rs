//! Everything of one tenant, and nothing else: each call sets the tenant for its own transaction.

mod agreed_rate;
mod api_keys;
mod attempts;
mod audit;
mod batches;
mod bulk;
mod dependencies;
mod facts;
mod job_filter;
mod jobs;
mod logs;
mod members;
mod profiles;
mod retention;
mod schedules;
mod submission_keys;
mod tenancy;

pub use api_keys::{ApiKeyCreation, MakerStanding, NewApiKey};
pub use bulk::{BulkChange, BulkMode};
pub(crate) use facts::COUNTED_LIMIT_JOBS;
pub use facts::JobFacts;
pub use job_filter::JobFilter;
pub use logs::LogSelection;
pub use members::{MEMBER_LIMIT_COUNT, MemberChange, TenantStanding};
pub use profiles::{NewProfile, ProfileChange};
pub use schedules::{ScheduleChange, ScheduleCreation};
pub use submission_keys::{KeptRequest, UniqueKey};
pub use tenancy::{OWNED_TENANT_LIMIT_COUNT, TenantChange};

use gantry_domain::{
    Attempt, AuditAction, AuditOrigin, Job, JobFailure, JobId, JobSummary, LogLine, QueueName,
    QueueStatus, TenantId, WorkerSummary,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde_json::json;

use crate::connection::Pool;
use crate::statement::statement;
use crate::transitions::{self, CancelOutcome, RedriveOutcome};
use crate::{StoreError, queues, workers};

/// How often a redrive that lost a race for a unique key looks again who holds it now.
const RACE_LIMIT: u32 = 5;

/// Everything of one tenant, and nothing else.
#[derive(Debug, Clone, Copy)]
pub struct TenantScope<'a> {
    connection: &'a Pool,
    pub(crate) tenant_id: TenantId,
    origin: Option<&'a AuditOrigin>,
}

impl<'a> TenantScope<'a> {
    pub(crate) const fn new(connection: &'a Pool, tenant_id: TenantId) -> Self {
        Self {
            connection,
            tenant_id,
            origin: None,
        }
    }

    /// The same, with what is to be audited done by this actor; the service itself does it otherwise.
    pub const fn on_behalf_of(self, origin: &'a AuditOrigin) -> Self {
        Self {
            origin: Some(origin),
            ..self
        }
    }

    /// A job with payload and result; without the latter where the service alone asks for jobs of its kind.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn find_job(&self, job_id: JobId) -> Result<Option<Job>, StoreError> {
        let transaction = self.begin().await?;
        let job = jobs::find(&transaction, job_id).await?;
        transaction.commit().await?;
        Ok(job)
    }

    /// A job without payload and result.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn find_job_summary(&self, job_id: JobId) -> Result<Option<JobSummary>, StoreError> {
        let transaction = self.begin().await?;
        let job = jobs::find_summary(&transaction, job_id).await?;
        transaction.commit().await?;
        Ok(job)
    }

    /// At most `limit` jobs that match, newest first, those after `before` in that order.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn list_jobs(
        &self,
        filter: &JobFilter,
        before: Option<JobId>,
        limit: u32,
    ) -> Result<Vec<JobSummary>, StoreError> {
        let transaction = self.begin().await?;
        let jobs = jobs::list(&transaction, filter, before, limit).await?;
        transaction.commit().await?;
        Ok(jobs)
    }

    /// A job's attempts, first to last; none for a job that is not there.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn list_attempts(&self, job_id: JobId) -> Result<Option<Vec<Attempt>>, StoreError> {
        let transaction = self.begin().await?;
        let attempts = attempts::list(&transaction, job_id).await?;
        transaction.commit().await?;
        Ok(attempts)
    }

    /// Lines of a job's log, in order; none where the service alone asks for jobs of its kind.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn read_log(
        &self,
        job_id: JobId,
        selection: &LogSelection,
    ) -> Result<Vec<LogLine>, StoreError> {
        let transaction = self.begin().await?;
        let lines = logs::read(&transaction, job_id, selection).await?;
        transaction.commit().await?;
        Ok(lines)
    }

    /// The workers of the operator and of the tenant that live, and those that ended within the last day, newest first.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn workers(&self) -> Result<Vec<WorkerSummary>, StoreError> {
        let transaction = self.begin().await?;
        let workers = workers::list(&transaction).await?;
        transaction.commit().await?;
        Ok(workers)
    }

    /// How queues are doing, the tenant's own jobs counted; all of them, or the one of that name. Without rates.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn queues(&self, only: Option<&QueueName>) -> Result<Vec<QueueStatus>, StoreError> {
        let transaction = self.begin().await?;
        let queues = queues::list(&transaction, only).await?;
        transaction.commit().await?;
        Ok(queues)
    }

    /// Ends a waiting job, or writes down that a running one is to end; `error` says who asked.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn cancel_job(
        &self,
        job_id: JobId,
        error: &JobFailure,
    ) -> Result<CancelOutcome, StoreError> {
        let transaction = self.begin().await?;
        let outcome = transitions::cancel_one(&transaction, job_id, error).await?;
        if matches!(
            outcome,
            CancelOutcome::Cancelled | CancelOutcome::Requested { .. }
        ) {
            self.audit(&transaction, AuditAction::JobCancelled, job_id, json!({}))
                .await?;
        }
        transaction.commit().await?;
        Ok(outcome)
    }

    /// Queues a failed or cancelled job again.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn redrive_job(&self, job_id: JobId) -> Result<RedriveOutcome, StoreError> {
        let mut races = 0;
        loop {
            match self.try_redrive_job(job_id).await {
                Err(error) if error.is_unique_violation() && races < RACE_LIMIT => races += 1,
                outcome => return outcome,
            }
        }
    }

    async fn try_redrive_job(&self, job_id: JobId) -> Result<RedriveOutcome, StoreError> {
        let transaction = self.begin().await?;
        let outcome = transitions::redrive_one(&transaction, job_id).await?;
        if matches!(outcome, RedriveOutcome::Queued(_)) {
            self.audit(&transaction, AuditAction::JobRedriven, job_id, json!({}))
                .await?;
        }
        transaction.commit().await?;
        Ok(outcome)
    }

    /// A transaction that sees this tenant only; the setting ends with it, so the pool leaks nothing.
    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, StoreError> {
        let transaction = self.connection.begin().await?;
        transaction
            .execute_raw(statement(
                "SELECT set_config('app.tenant_id', $1, true)",
                [self.tenant_id.to_string().into()],
            ))
            .await?;
        Ok(transaction)
    }
}
