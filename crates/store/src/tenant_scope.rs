//! Everything of one tenant, and nothing else: each call sets the tenant for its own transaction.

mod attempts;
mod jobs;
mod logs;

pub use jobs::JobFilter;
pub use logs::LogSelection;

use gantry_domain::{Attempt, Job, JobFailure, JobId, JobSummary, LogLine, TenantId};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use crate::StoreError;
use crate::connection::Pool;
use crate::statement::statement;
use crate::transitions::{self, CancelOutcome, RedriveOutcome};

/// Everything of one tenant, and nothing else.
#[derive(Debug, Clone, Copy)]
pub struct TenantScope<'a> {
    connection: &'a Pool,
    tenant_id: TenantId,
}

impl<'a> TenantScope<'a> {
    pub(crate) const fn new(connection: &'a Pool, tenant_id: TenantId) -> Self {
        Self {
            connection,
            tenant_id,
        }
    }

    /// A job with payload and result.
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

    /// Lines of a job's log, in order.
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
        let outcome = transitions::cancel(&transaction, job_id, error).await?;
        transaction.commit().await?;
        Ok(outcome)
    }

    /// Queues a failed or cancelled job again.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn redrive_job(&self, job_id: JobId) -> Result<RedriveOutcome, StoreError> {
        let transaction = self.begin().await?;
        let outcome = transitions::redrive(&transaction, job_id).await?;
        transaction.commit().await?;
        Ok(outcome)
    }

    /// A transaction that sees this tenant only; the setting ends with it, so the pool leaks nothing.
    async fn begin(&self) -> Result<DatabaseTransaction, StoreError> {
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
