//! Completed: the handler returned a result.

use gantry_domain::{Doorbell, NewJob};
use sea_orm::{ConnectionTrait, Statement};
use uuid::Uuid;

use super::run::{FENCE, ended_run, run_arrays};
use super::submit::submit_dependent_within;
use super::{EndedRun, Run, SubmitOutcome, UnknownParent};
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

/// What became of a completion that brings jobs with it.
#[derive(Debug, Clone, PartialEq)]
pub enum StagedCompletion {
    /// The run was no longer this worker's; nothing was written.
    Stale,
    /// The result and the jobs were written.
    Committed {
        /// The run.
        ended: EndedRun,
        /// The words for the jobs that are to be run at once.
        doorbells: Vec<Doorbell>,
    },
    /// Nothing was written: these parents of the jobs are no jobs of the tenant.
    UnknownParents(Vec<UnknownParent>),
}

/// Stores the results of those runs that are still this worker's, and says which those were.
pub(crate) async fn complete(
    connection: &Pool,
    worker_id: Uuid,
    completions: &[Completion],
) -> Result<Vec<EndedRun>, StoreError> {
    let rows = connection
        .query_all_raw(completed(worker_id, completions))
        .await?;
    rows.iter().map(ended_run).collect()
}

/// Stores one result together with the jobs that its run has staged, if the run is still this worker's: both or
/// neither. The jobs have their ids, so sending the same again after a lost answer makes none twice.
pub(crate) async fn complete_with_children(
    connection: &Pool,
    worker_id: Uuid,
    completion: &Completion,
    children: &[NewJob],
) -> Result<StagedCompletion, StoreError> {
    let transaction = connection.begin().await?;
    let ended = transaction
        .query_one_raw(completed(worker_id, std::slice::from_ref(completion)))
        .await?;
    let Some(ended) = ended else {
        return Ok(StagedCompletion::Stale);
    };
    let children: Vec<&NewJob> = children.iter().collect();
    let submitted = submit_dependent_within(&transaction, &children).await?;
    Ok(match submitted.outcome {
        SubmitOutcome::UnknownParents(parents) => StagedCompletion::UnknownParents(parents),
        _ => {
            transaction.commit().await?;
            StagedCompletion::Committed {
                ended: ended_run(&ended)?,
                doorbells: submitted.doorbells,
            }
        }
    })
}

fn completed(worker_id: Uuid, completions: &[Completion]) -> Statement {
    let (ids, dispatches) = run_arrays(completions.iter().map(|completion| completion.run));
    let results: Vec<_> = completions
        .iter()
        .map(|completion| completion.result.clone())
        .collect();
    let sql = format!(
        "UPDATE jobs SET state = 'succeeded', result = settled.result, finished_at = now()
         FROM unnest($2::uuid[], $3::int[], $4::jsonb[]) AS settled (job_id, dispatch, result)
         WHERE {FENCE}
         RETURNING jobs.id, jobs.dispatch, jobs.has_children"
    );
    statement(
        &sql,
        [
            worker_id.into(),
            ids.into(),
            dispatches.into(),
            results.into(),
        ],
    )
}
