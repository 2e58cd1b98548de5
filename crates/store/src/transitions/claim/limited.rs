//! Claiming under concurrency limits: whoever claims for the same tenant or kind takes turns, and counts what runs.

use gantry_domain::KindName;
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use uuid::Uuid;

use super::{Claimable, ClaimedJob, claimed_job, claiming};
use crate::StoreError;
use crate::connection::Pool;
use crate::dispatch_rules::UNLIMITED;
use crate::statement::statement;
use crate::transitions::Run;
use crate::transitions::run::run_arrays;
use crate::waiting_line::{fitting, in_line};

/// Claims as many of `runs` as there is room for under the limits that concern them.
///
/// The locks are taken by one statement and what runs is counted by the next, which therefore sees everything that was
/// claimed by those who held them before.
pub(super) async fn claim(
    connection: &Pool,
    worker_id: Uuid,
    runs: &[Run],
    kinds: &[KindName],
) -> Result<Vec<ClaimedJob>, StoreError> {
    let transaction = connection.begin().await?;
    if !take_turns(&transaction, runs).await? {
        return Ok(Vec::new());
    }
    let runs = with_room(&transaction, runs, kinds).await?;
    if runs.is_empty() {
        return Ok(Vec::new());
    }
    let rows = transaction
        .query_all_raw(claiming(worker_id, &runs, kinds, Claimable::WithRoom))
        .await?;
    transaction.commit().await?;
    rows.iter().map(claimed_job).collect()
}

/// Locks the tenants and kinds of those of `runs` that wait under a limit, until the transaction ends; says whether there
/// are any. In one order for all, so that nobody waits in a circle.
async fn take_turns(transaction: &DatabaseTransaction, runs: &[Run]) -> Result<bool, StoreError> {
    let (ids, dispatches) = run_arrays(runs.iter().copied());
    let sql = format!(
        "SELECT pg_advisory_xact_lock(key) FROM (
            SELECT DISTINCT hashtextextended(unnest(ARRAY['tenant ' || jobs.tenant_id, 'kind ' || jobs.kind]), 0) AS key
            FROM jobs JOIN unnest($1::uuid[], $2::int[]) AS wanted (job_id, dispatch)
                ON jobs.id = wanted.job_id AND jobs.dispatch = wanted.dispatch
            WHERE jobs.state = 'queued' AND NOT ({UNLIMITED})
            ORDER BY key
        ) AS subjects"
    );
    let locks = transaction
        .query_all_raw(statement(&sql, [ids.into(), dispatches.into()]))
        .await?;
    Ok(!locks.is_empty())
}

/// Those of `runs` that there is room for, in the order of their jobs.
async fn with_room(
    transaction: &DatabaseTransaction,
    runs: &[Run],
    kinds: &[KindName],
) -> Result<Vec<Run>, StoreError> {
    let (ids, dispatches) = run_arrays(runs.iter().copied());
    let kinds: Vec<_> = kinds.iter().map(ToString::to_string).collect();
    let sql = in_line(
        "JOIN unnest($1::uuid[], $2::int[]) AS wanted (job_id, dispatch)
            ON jobs.id = wanted.job_id AND jobs.dispatch = wanted.dispatch",
        "jobs.kind = ANY ($3)",
    );
    let rows = transaction
        .query_all_raw(statement(
            &sql,
            [ids.into(), dispatches.into(), kinds.into()],
        ))
        .await?;
    let mut chosen: Vec<Run> = fitting(&rows)?
        .into_iter()
        .map(|doorbell| Run {
            job_id: doorbell.job_id,
            dispatch: doorbell.dispatch,
        })
        .collect();
    chosen.sort_unstable_by_key(|run| run.job_id);
    Ok(chosen)
}
