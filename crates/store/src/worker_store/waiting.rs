//! Which of the jobs that wait are to be rung for, because nobody was told of them or a place has become free.

use chrono::{DateTime, Utc};
use gantry_domain::{Doorbell, JobId, KindName, QueueName, TenantId};
use uuid::Uuid;

use super::WorkerStore;
use crate::StoreError;
use crate::dispatch_rules::{NOT_PAUSED, RUNNABLE, UNLIMITED};
use crate::statement::statement;
use crate::transitions::{DOORBELL_COLUMNS, doorbell};
use crate::waiting_line::{fitting, in_line};

/// A place under a concurrency limit that a run has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreedPlace {
    /// The tenant of the run.
    pub tenant_id: TenantId,
    /// The kind of the run.
    pub kind: KindName,
}

impl WorkerStore {
    /// At most `limit` jobs without a concurrency limit that have waited in `queue` since `until` or longer, are not
    /// paused, and that a live worker could run, by id, those after the job `after`.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn waiting_since(
        &self,
        queue: &QueueName,
        until: DateTime<Utc>,
        after: Option<JobId>,
        limit: u32,
    ) -> Result<Vec<Doorbell>, StoreError> {
        let sql = format!(
            "SELECT {DOORBELL_COLUMNS} FROM jobs
             WHERE jobs.state = 'queued' AND finished_at IS NULL AND queue = $1 AND queued_at <= $2 AND ($3::uuid IS NULL OR id > $3)
                AND {NOT_PAUSED} AND {UNLIMITED} AND {RUNNABLE}
             ORDER BY id LIMIT $4"
        );
        let rows = self
            .runs
            .query_all_raw(statement(
                &sql,
                [
                    queue.as_str().into(),
                    until.into(),
                    after.map(JobId::as_uuid).into(),
                    i64::from(limit).into(),
                ],
            ))
            .await?;
        rows.iter().map(doorbell).collect()
    }

    /// Jobs under a concurrency limit that have waited in `queue` since `until` or longer, as many as there is room for.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn next_in_queue(
        &self,
        queue: &QueueName,
        until: DateTime<Utc>,
    ) -> Result<Vec<Doorbell>, StoreError> {
        let sql = in_line("", "jobs.queue = $1 AND jobs.queued_at <= $2");
        let values = [queue.as_str().into(), until.into()];
        let rows = self.runs.query_all_raw(statement(&sql, values)).await?;
        fitting(&rows)
    }

    /// Jobs of the tenants and kinds whose runs have left places, as many as there is room for now: two who leave places at
    /// once both see both, so none stays empty.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn next_for_places(
        &self,
        places: &[FreedPlace],
    ) -> Result<Vec<Doorbell>, StoreError> {
        let mut tenants: Vec<Uuid> = places
            .iter()
            .map(|place| place.tenant_id.as_uuid())
            .collect();
        let mut kinds: Vec<String> = places.iter().map(|place| place.kind.to_string()).collect();
        tenants.sort_unstable();
        tenants.dedup();
        kinds.sort_unstable();
        kinds.dedup();
        let sql = in_line("", "(jobs.tenant_id = ANY ($1) OR jobs.kind = ANY ($2))");
        let values = [tenants.into(), kinds.into()];
        let rows = self.runs.query_all_raw(statement(&sql, values)).await?;
        fitting(&rows)
    }
}
