//! Completed: the handler returned a result.

use gantry_domain::{Doorbell, NewJob, UserId};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult, Statement};
use uuid::Uuid;

use super::run::{FENCE, ended_run, run_arrays};
use super::submit::submit_dependent_within;
use super::{EndedRun, Run, SubmitOutcome, UnknownParent};
use crate::StoreError;
use crate::connection::Pool;
use crate::statement::{column, statement};

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
    let created_by = creator_of_children(&transaction, &ended).await?;
    let children: Vec<NewJob> = children
        .iter()
        .map(|child| NewJob {
            created_by,
            ..child.clone()
        })
        .collect();
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

/// Whose the children are: their parent's, as it says now and not when it was claimed; nobody's where that person's account
/// is closed, so that no chain of jobs carries the name on for ever.
async fn creator_of_children(
    transaction: &DatabaseTransaction,
    parent: &QueryResult,
) -> Result<UserId, StoreError> {
    let created_by: Uuid = column(parent, "created_by")?;
    let sql = "SELECT FROM account_deletions WHERE user_id = $1 AND closed_at IS NOT NULL";
    let closed = transaction.query_one_raw(statement(sql, [created_by.into()]));
    let is_closed = closed.await?.is_some();
    Ok(UserId::from_uuid(if is_closed {
        Uuid::nil()
    } else {
        created_by
    }))
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
         RETURNING jobs.id, jobs.dispatch, jobs.has_children, jobs.created_by"
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
