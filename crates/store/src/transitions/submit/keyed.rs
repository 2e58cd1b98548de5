//! Submitted under keys: each request's jobs come into being together, unless a key of theirs is taken.

use std::collections::{BTreeMap, HashMap, HashSet};

use gantry_domain::{BatchId, IdempotencyKey, JobId, NewJob, TenantId};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use uuid::Uuid;

use super::dependent::UnknownParent;
use super::{Accepted, RareColumns, accepted, insertion};
use crate::StoreError;
use crate::connection::Pool;
use crate::statement::{column, statement};

/// The jobs of one request, which come into being together or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyedSubmission {
    /// The jobs; each may carry a unique key.
    pub jobs: Vec<NewJob>,
    /// Under which id they are kept as a batch with a callback, which is the last of them and waits for all others.
    pub batch_id: Option<BatchId>,
    /// The key under which the request may be repeated, if its sender gave one.
    pub request_key: Option<RequestKey>,
}

/// The key under which a request may be repeated, with what the request was and what it made.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestKey {
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The key.
    pub key: IdempotencyKey,
    /// What tells the request apart from another one under the same key.
    pub request_hash: [u8; 32],
    /// The jobs that answer the request, in its order.
    pub job_ids: Vec<JobId>,
}

/// What became of one request's jobs.
#[derive(Debug, Clone, PartialEq)]
pub enum SubmitOutcome {
    /// All were accepted, in their order.
    Accepted(Vec<Accepted>),
    /// None was accepted: an earlier request used its key.
    RequestKeyUsed,
    /// None was accepted: these parents are no jobs of the tenant.
    UnknownParents(Vec<UnknownParent>),
    /// None was accepted: another live job holds the unique key of the jobs at these places.
    UniqueKeysTaken(Vec<usize>),
}

/// Accepts each request's jobs, all or none, in one transaction. Nothing is written, and there is no answer, when one of
/// several requests could be accepted in part only: those must be submitted fewer at a time.
pub(crate) async fn submit_keyed(
    connection: &Pool,
    submissions: &[KeyedSubmission],
) -> Result<Option<Vec<SubmitOutcome>>, StoreError> {
    let transaction = connection.begin().await?;
    let is_first = record_request_keys(&transaction, submissions).await?;
    let first = || {
        let pairs = submissions.iter().zip(&is_first);
        pairs.filter(|(_, is_first)| **is_first)
    };
    let mut jobs: Vec<&NewJob> = first().flat_map(|(one, _)| &one.jobs).collect();
    // Every transaction waits for the holders of keys in the same order, so that none waits in a circle.
    jobs.sort_by_key(|job| (job.tenant_id, &job.kind, &job.unique_key));
    let accepted = insert(&transaction, &jobs).await?;

    let is_partial = first().any(|(one, _)| {
        let missing = places_without(one.jobs.iter(), &accepted).len();
        missing > 0 && (missing < one.jobs.len() || one.request_key.is_some())
    });
    let outcomes = || {
        let pairs = submissions.iter().zip(&is_first);
        pairs.map(|(one, is_first)| outcome(one, *is_first, &accepted))
    };
    if is_partial {
        transaction.rollback().await?;
        return Ok((submissions.len() == 1).then(|| outcomes().collect()));
    }
    transaction.commit().await?;
    Ok(Some(outcomes().collect()))
}

fn outcome(
    submission: &KeyedSubmission,
    is_first: bool,
    accepted: &HashMap<JobId, Accepted>,
) -> SubmitOutcome {
    if !is_first {
        return SubmitOutcome::RequestKeyUsed;
    }
    let missing = places_without(submission.jobs.iter(), accepted);
    if !missing.is_empty() {
        return SubmitOutcome::UniqueKeysTaken(missing);
    }
    let own = submission.jobs.iter();
    SubmitOutcome::Accepted(
        own.filter_map(|job| accepted.get(&job.id).cloned())
            .collect(),
    )
}

/// The places of the jobs that were not accepted.
pub(super) fn places_without<'a>(
    jobs: impl Iterator<Item = &'a NewJob>,
    accepted: &HashMap<JobId, Accepted>,
) -> Vec<usize> {
    jobs.enumerate()
        .filter(|(_, job)| !accepted.contains_key(&job.id))
        .map(|(place, _)| place)
        .collect()
}

pub(super) async fn insert(
    transaction: &DatabaseTransaction,
    jobs: &[&NewJob],
) -> Result<HashMap<JobId, Accepted>, StoreError> {
    if jobs.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = transaction
        .query_all_raw(insertion(jobs, RareColumns::Present))
        .await?;
    rows.iter()
        .map(|row| accepted(row).map(|accepted| (accepted.job_id, accepted)))
        .collect()
}

/// Writes the requests' keys down; says of each request whether it is the first under its key, or has none.
pub(super) async fn record_request_keys(
    transaction: &DatabaseTransaction,
    submissions: &[KeyedSubmission],
) -> Result<Vec<bool>, StoreError> {
    let mut is_first: Vec<bool> = submissions
        .iter()
        .map(|submission| submission.request_key.is_none())
        .collect();
    // Sorted, so that no two transactions wait for each other's keys in a circle.
    let mut keys = BTreeMap::new();
    for (place, submission) in submissions.iter().enumerate() {
        if let Some(used) = &submission.request_key {
            let name = (used.tenant_id.as_uuid(), used.key.as_str());
            keys.entry(name).or_insert((place, used));
        }
    }
    if keys.is_empty() {
        return Ok(is_first);
    }
    let (tenants, names): (Vec<Uuid>, Vec<&str>) = keys.keys().copied().unzip();
    let hashes: Vec<Vec<u8>> = keys
        .values()
        .map(|(_, used)| used.request_hash.to_vec())
        .collect();
    let job_ids: Vec<String> = keys
        .values()
        .map(|(_, used)| array_text(&used.job_ids))
        .collect();
    let sql = "
        INSERT INTO idempotency_keys (tenant_id, key, request_hash, job_ids)
        SELECT tenant_id, key, request_hash, job_ids::uuid[]
        FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::text[]) AS used (tenant_id, key, request_hash, job_ids)
        ON CONFLICT (tenant_id, key) DO NOTHING
        RETURNING tenant_id, key";
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    let rows = transaction
        .query_all_raw(statement(
            sql,
            [tenants.into(), names.into(), hashes.into(), job_ids.into()],
        ))
        .await?;
    let recorded = rows
        .iter()
        .map(|row| Ok((column(row, "tenant_id")?, column(row, "key")?)))
        .collect::<Result<HashSet<(Uuid, String)>, StoreError>>()?;
    for ((tenant_id, key), (place, _)) in keys {
        is_first[place] = recorded.contains(&(tenant_id, key.to_owned()));
    }
    Ok(is_first)
}

/// Ids as Postgres writes an array of them.
fn array_text(ids: &[JobId]) -> String {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    format!("{{{}}}", ids.join(","))
}
