//! Completed: the handler returned a result.

use uuid::Uuid;

use super::Run;
use super::run::{FENCE, run, run_arrays};
use crate::StoreError;
use crate::connection::Pool;
use crate::statement::statement;

/// A run that ended with a result.
#[derive(Debug, Clone, PartialEq)]
pub struct Completion {
    /// The run.
    pub run: Run,
    /// What the handler returned.
    pub result: serde_json::Value,
}

/// Stores the results of those runs that are still this worker's, and says which those were.
pub(crate) async fn complete(
    connection: &Pool,
    worker_id: Uuid,
    completions: &[Completion],
) -> Result<Vec<Run>, StoreError> {
    let (ids, dispatches) = run_arrays(completions.iter().map(|completion| completion.run));
    let results: Vec<_> = completions
        .iter()
        .map(|completion| completion.result.clone())
        .collect();
    let sql = format!(
        "UPDATE jobs SET state = 'succeeded', result = settled.result, finished_at = now()
         FROM unnest($2::uuid[], $3::int[], $4::jsonb[]) AS settled (job_id, dispatch, result)
         WHERE {FENCE}
         RETURNING jobs.id, jobs.dispatch"
    );
    let rows = connection
        .query_all_raw(statement(
            &sql,
            [
                worker_id.into(),
                ids.into(),
                dispatches.into(),
                results.into(),
            ],
        ))
        .await?;
    rows.iter().map(run).collect()
}
