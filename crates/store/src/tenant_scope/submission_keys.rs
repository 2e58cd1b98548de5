//! Who was first: the request under an idempotency key, and the live jobs that hold unique keys.

use std::collections::HashMap;

use gantry_domain::{IdempotencyKey, Job, JobId, KindName};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::{TenantScope, jobs};
use crate::StoreError;
use crate::statement::{column, statement, word};

/// What is kept of a request that carried an idempotency key.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptRequest {
    /// What tells it apart from another request under the same key.
    pub request_hash: Vec<u8>,
    /// The jobs that answered it, in its order.
    pub job_ids: Vec<JobId>,
}

/// What no two live jobs of a tenant may both be.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UniqueKey {
    /// The jobs' kind.
    pub kind: KindName,
    /// The key.
    pub key: String,
}

impl TenantScope<'_> {
    /// The request that was made under a key.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn find_request(
        &self,
        key: &IdempotencyKey,
    ) -> Result<Option<KeptRequest>, StoreError> {
        let transaction = self.begin().await?;
        let row = transaction
            .query_one_raw(statement(
                "SELECT request_hash, job_ids FROM idempotency_keys WHERE key = $1",
                [key.as_str().into()],
            ))
            .await?;
        transaction.commit().await?;
        row.map(|row| {
            let job_ids: Vec<Uuid> = column(&row, "job_ids")?;
            Ok(KeptRequest {
                request_hash: column(&row, "request_hash")?,
                job_ids: job_ids.into_iter().map(JobId::from_uuid).collect(),
            })
        })
        .transpose()
    }

    /// The live jobs that hold these keys now; a key that none holds is left out.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn unique_key_holders(
        &self,
        keys: &[UniqueKey],
    ) -> Result<HashMap<UniqueKey, JobId>, StoreError> {
        let kinds: Vec<String> = keys.iter().map(|unique| unique.kind.to_string()).collect();
        let texts: Vec<String> = keys.iter().map(|unique| unique.key.clone()).collect();
        let sql = "
            SELECT id, kind, unique_key
            FROM jobs JOIN unnest($1::text[], $2::text[]) AS wanted (kind, unique_key) USING (kind, unique_key)
            WHERE finished_at IS NULL";
        let transaction = self.begin().await?;
        let rows = transaction
            .query_all_raw(statement(sql, [kinds.into(), texts.into()]))
            .await?;
        transaction.commit().await?;
        rows.iter()
            .map(|row| {
                let unique = UniqueKey {
                    kind: word(row, "kind")?,
                    key: column(row, "unique_key")?,
                };
                Ok((unique, JobId::from_uuid(column(row, "id")?)))
            })
            .collect()
    }

    /// Those of the jobs that are there, with payload and result, in the order asked for.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn find_jobs(&self, job_ids: &[JobId]) -> Result<Vec<Job>, StoreError> {
        let transaction = self.begin().await?;
        let found = jobs::find_several(&transaction, job_ids).await?;
        transaction.commit().await?;
        Ok(found)
    }
}
