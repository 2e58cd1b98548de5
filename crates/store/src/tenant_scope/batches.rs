//! Reading a tenant's batches.

use gantry_domain::{Batch, BatchId, JobId, StateCounts, UserId};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::TenantScope;
use crate::StoreError;
use crate::statement::{column, count, statement, word};

impl TenantScope<'_> {
    /// A batch with how many of its jobs stand where.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn find_batch(&self, batch_id: BatchId) -> Result<Option<Batch>, StoreError> {
        let transaction = self.begin().await?;
        let sql = "SELECT callback_job_id, jobs.state, jobs.created_by, jobs.created_at
            FROM batches JOIN jobs ON jobs.id = callback_job_id WHERE batches.id = $1";
        let row = transaction
            .query_one_raw(statement(sql, [batch_id.as_uuid().into()]))
            .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let callback_job_id = JobId::from_uuid(column(&row, "callback_job_id")?);
        let states = states(&transaction, callback_job_id).await?;
        transaction.commit().await?;
        Ok(Some(Batch {
            id: batch_id,
            tenant_id: self.tenant_id,
            created_by: UserId::from_uuid(column(&row, "created_by")?),
            created_at: column(&row, "created_at")?,
            callback_job_id,
            callback_state: word(&row, "state")?,
            jobs: states.total(),
            states,
        }))
    }

    /// The batch that this job is the callback of.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn batch_of_callback(&self, job_id: JobId) -> Result<Option<BatchId>, StoreError> {
        let transaction = self.begin().await?;
        let row = transaction
            .query_one_raw(statement(
                "SELECT id FROM batches WHERE callback_job_id = $1",
                [job_id.as_uuid().into()],
            ))
            .await?;
        transaction.commit().await?;
        row.map(|row| Ok(BatchId::from_uuid(column(&row, "id")?)))
            .transpose()
    }
}

async fn states(
    transaction: &DatabaseTransaction,
    callback: JobId,
) -> Result<StateCounts, StoreError> {
    let sql = "SELECT COALESCE(jobs.state, outcome, 'failed') AS state, count(*)::int AS jobs
        FROM job_dependencies LEFT JOIN jobs ON jobs.id = parent_id WHERE child_id = $1 GROUP BY 1";
    let rows = transaction
        .query_all_raw(statement(sql, [callback.as_uuid().into()]))
        .await?;
    let mut states = StateCounts::default();
    for row in &rows {
        states.add(word(row, "state")?, count("jobs", column(row, "jobs")?)?);
    }
    Ok(states)
}
