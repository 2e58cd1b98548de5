//! Submitted to wait for other jobs: the parents are held while their children come into being, so that none ends unseen.

use std::collections::{BTreeSet, HashMap, HashSet};

use gantry_domain::{BatchId, Doorbell, JobId, JobState, NewJob};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use uuid::Uuid;

use super::keyed::{insert, places_without, record_request_keys};
use super::{Accepted, KeyedSubmission, SubmitOutcome, accepted, timestamp};
use crate::StoreError;
use crate::connection::Pool;
use crate::door::Door;
use crate::statement::{column, count, statement, word};
use crate::transitions::parents::Settlement;

/// A parent that a job names and that is no job of its tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownParent {
    /// The place of the job in its submission.
    pub job: usize,
    /// The place of the parent in the job's list.
    pub parent: usize,
}

/// What became of jobs of which some wait for others.
pub(crate) struct DependentJobs {
    pub(crate) outcome: SubmitOutcome,
    /// The words for those that are to be run at once.
    pub(crate) doorbells: Vec<Doorbell>,
}

impl From<SubmitOutcome> for DependentJobs {
    fn from(outcome: SubmitOutcome) -> Self {
        Self {
            outcome,
            doorbells: Vec::new(),
        }
    }
}

/// Accepts one request's jobs, all or none, in a transaction that sees their tenant and may submit.
pub(crate) async fn submit_dependent(
    connection: &Pool,
    submission: &KeyedSubmission,
) -> Result<DependentJobs, StoreError> {
    let Some(first) = submission.jobs.first() else {
        return Ok(SubmitOutcome::Accepted(Vec::new()).into());
    };
    let transaction = connection.begin().await?;
    transaction
        .execute_raw(statement(
            "SELECT set_config('app.tenant_id', $1, true), set_config('app.door', $2, true)",
            [
                first.tenant_id.to_string().into(),
                Door::Submit.name().into(),
            ],
        ))
        .await?;
    let one = std::slice::from_ref(submission);
    if record_request_keys(&transaction, one).await? == [false] {
        return Ok(SubmitOutcome::RequestKeyUsed.into());
    }
    let jobs: Vec<&NewJob> = submission.jobs.iter().collect();
    let dependent = submit_dependent_within(&transaction, &jobs).await?;
    if matches!(dependent.outcome, SubmitOutcome::Accepted(_)) {
        if let (Some(batch_id), Some(callback)) = (submission.batch_id, submission.jobs.last()) {
            record_batch(&transaction, batch_id, callback).await?;
        }
        transaction.commit().await?;
    }
    Ok(dependent)
}

async fn record_batch(
    transaction: &DatabaseTransaction,
    batch_id: BatchId,
    callback: &NewJob,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO batches (id, tenant_id, callback_job_id) VALUES ($1, $2, $3)";
    let values = [
        batch_id.as_uuid().into(),
        callback.tenant_id.as_uuid().into(),
        callback.id.as_uuid().into(),
    ];
    transaction.execute_raw(statement(sql, values)).await?;
    Ok(())
}

/// The same as part of a transaction, which must be rolled back unless the jobs were accepted. All belong to one tenant.
pub(crate) async fn submit_dependent_within(
    transaction: &DatabaseTransaction,
    jobs: &[&NewJob],
) -> Result<DependentJobs, StoreError> {
    let parents = Parents::hold(transaction, jobs).await?;
    let unknown = parents.unknown_to(jobs);
    if !unknown.is_empty() {
        return Ok(SubmitOutcome::UnknownParents(unknown).into());
    }
    let mut in_key_order = jobs.to_vec();
    in_key_order.sort_by_key(|job| (&job.kind, &job.unique_key));
    let accepted = insert(transaction, &in_key_order).await?;
    let missing = places_without(jobs.iter().copied(), &accepted);
    if !missing.is_empty() {
        return Ok(SubmitOutcome::UniqueKeysTaken(missing).into());
    }
    record_dependencies(transaction, jobs).await?;
    mark_as_parents(transaction, jobs).await?;
    let mut settlement = Settlement::of(parents.ended());
    while let Some(step) = settlement.next_step() {
        settlement.record(&transaction.query_all_raw(step).await?)?;
    }
    decided(transaction, jobs).await
}

/// The jobs outside a submission that its jobs wait for, locked until the end of the transaction.
struct Parents {
    states: HashMap<JobId, JobState>,
}

impl Parents {
    async fn hold(transaction: &DatabaseTransaction, jobs: &[&NewJob]) -> Result<Self, StoreError> {
        let own: HashSet<JobId> = jobs.iter().map(|job| job.id).collect();
        let named = jobs.iter().flat_map(|job| &job.parents);
        let outside: Vec<Uuid> = named
            .filter(|parent| !own.contains(parent))
            .map(|parent| parent.as_uuid())
            .collect();
        let Some(first) = jobs.first().filter(|_| !outside.is_empty()) else {
            return Ok(Self {
                states: HashMap::new(),
            });
        };
        // A parent that ends meanwhile waits for this lock, and then sees that it has children; one that ended before is
        // seen here.
        let sql = "SELECT id, state FROM jobs WHERE id = ANY ($1) AND tenant_id = $2
            ORDER BY id FOR NO KEY UPDATE";
        let rows = transaction
            .query_all_raw(statement(
                sql,
                [outside.into(), first.tenant_id.as_uuid().into()],
            ))
            .await?;
        let states = rows
            .iter()
            .map(|row| Ok((JobId::from_uuid(column(row, "id")?), word(row, "state")?)))
            .collect::<Result<_, StoreError>>()?;
        Ok(Self { states })
    }

    fn ended(&self) -> impl Iterator<Item = JobId> {
        let ended = self.states.iter().filter(|(_, state)| state.is_terminal());
        ended.map(|(id, _)| *id)
    }

    /// Those that are neither locked nor stand before their child in the submission.
    fn unknown_to(&self, jobs: &[&NewJob]) -> Vec<UnknownParent> {
        let mut earlier = HashSet::new();
        let mut unknown = Vec::new();
        for (job_place, job) in jobs.iter().enumerate() {
            for (place, parent) in job.parents.iter().enumerate() {
                if !self.states.contains_key(parent) && !earlier.contains(parent) {
                    unknown.push(UnknownParent {
                        job: job_place,
                        parent: place,
                    });
                }
            }
            earlier.insert(job.id);
        }
        unknown
    }
}

/// Writes down who waits for whom, as if no parent had ended yet.
async fn record_dependencies(
    transaction: &DatabaseTransaction,
    jobs: &[&NewJob],
) -> Result<(), StoreError> {
    let children: Vec<&&NewJob> = jobs.iter().filter(|job| !job.parents.is_empty()).collect();
    let Some(first) = children.first() else {
        return Ok(());
    };
    let mut edges: (Vec<Uuid>, Vec<Uuid>, Vec<i32>) = Default::default();
    for child in &children {
        for (place, parent) in (0..).zip(&child.parents) {
            edges.0.push(child.id.as_uuid());
            edges.1.push(parent.as_uuid());
            edges.2.push(place);
        }
    }
    let ids: Vec<Uuid> = children.iter().map(|child| child.id.as_uuid()).collect();
    let policies: Vec<String> = children
        .iter()
        .map(|child| child.on_parent_failure.to_string())
        .collect();
    let times: Vec<String> = children
        .iter()
        .map(|child| child.run_at.map(timestamp).unwrap_or_default())
        .collect();
    let sql = "
        WITH edges AS (
            INSERT INTO job_dependencies (child_id, parent_id, tenant_id, position)
            SELECT child_id, parent_id, $4, position
            FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS wanted (child_id, parent_id, position)
            ON CONFLICT DO NOTHING
            RETURNING child_id
        ), counted AS (
            SELECT child_id, count(*)::int AS parents FROM edges GROUP BY child_id
        )
        UPDATE jobs SET waiting_for = parents, on_parent_failure = policy, run_after = NULLIF(run_after_text, '')::timestamptz
        FROM counted JOIN unnest($5::uuid[], $6::text[], $7::text[]) AS children (child_id, policy, run_after_text)
            USING (child_id)
        WHERE jobs.id = counted.child_id";
    transaction
        .execute_raw(statement(
            sql,
            [
                edges.0.into(),
                edges.1.into(),
                edges.2.into(),
                first.tenant_id.as_uuid().into(),
                ids.into(),
                policies.into(),
                times.into(),
            ],
        ))
        .await?;
    Ok(())
}

/// Lets the parents know, once for all, that somebody is to be told when they end.
async fn mark_as_parents(
    transaction: &DatabaseTransaction,
    jobs: &[&NewJob],
) -> Result<(), StoreError> {
    let parents: BTreeSet<Uuid> = jobs
        .iter()
        .flat_map(|job| &job.parents)
        .map(|parent| parent.as_uuid())
        .collect();
    if parents.is_empty() {
        return Ok(());
    }
    let parents: Vec<Uuid> = parents.into_iter().collect();
    transaction
        .execute_raw(statement(
            "UPDATE jobs SET has_children = true WHERE id = ANY ($1) AND NOT has_children",
            [parents.into()],
        ))
        .await?;
    Ok(())
}

/// Where the new jobs stand now that parents which had ended before are counted.
async fn decided(
    transaction: &DatabaseTransaction,
    jobs: &[&NewJob],
) -> Result<DependentJobs, StoreError> {
    let ids: Vec<Uuid> = jobs.iter().map(|job| job.id.as_uuid()).collect();
    let sql = "SELECT id, state, created_at, dispatch,
            CASE WHEN waiting_for > 0 THEN COALESCE(run_after, created_at) ELSE run_at END AS run_at
        FROM jobs WHERE id = ANY ($1)";
    let rows = transaction
        .query_all_raw(statement(sql, [ids.into()]))
        .await?;
    let mut by_id = HashMap::with_capacity(rows.len());
    for row in &rows {
        let job: Accepted = accepted(row)?;
        let dispatch = count("dispatch", column(row, "dispatch")?)?;
        by_id.insert(job.job_id, (job, dispatch));
    }
    let mut accepted = Vec::with_capacity(jobs.len());
    let mut doorbells = Vec::new();
    for job in jobs {
        let Some((one, dispatch)) = by_id.remove(&job.id) else {
            continue;
        };
        doorbells.extend(one.doorbell(job).map(|doorbell| Doorbell {
            dispatch,
            ..doorbell
        }));
        accepted.push(one);
    }
    Ok(DependentJobs {
        outcome: SubmitOutcome::Accepted(accepted),
        doorbells,
    })
}
