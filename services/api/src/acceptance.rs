//! From checked jobs to the answer: accepted anew, found under a key that was used before, or refused.

use std::collections::HashMap;

use gantry_auth::Principal;
use gantry_domain::{BatchId, Job, JobId, NewJob, OnConflict};
use gantry_store::{Accepted, KeyedSubmission, RequestKey, TenantScope, UniqueKey, UnknownParent};

use crate::api::Api;
use crate::extractors::RequestIdentity;
use crate::faults::{FAULT_LIMIT, Fault, Path};
use crate::job_intake::CheckedJob;
use crate::problem::ApiError;
use crate::submissions::Submitted;
use crate::views::accepted_job;

/// How often a request whose keys were taken just now, and are free again, is submitted anew.
const RACE_LIMIT: u32 = 5;

/// The jobs that answer a request.
pub struct Answered {
    /// In the order of the request.
    pub jobs: Vec<Job>,
    /// Where they come from.
    pub origin: Origin,
}

/// Where the jobs of an answer come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// At least one was accepted just now.
    Accepted,
    /// All were there already, and hold the unique keys.
    Existing,
    /// An earlier request with the same identity made them.
    Replayed,
}

/// Where a job stands in the request, and what is needed to resolve its conflict.
struct Wish {
    path: Path,
    on_conflict: OnConflict,
}

/// Accepts the jobs of one request, all or none, as a batch with a callback if they have an id for it; one that was made before under its key is answered as it was then.
///
/// # Errors
/// The jobs had faults, a key is taken, or they cannot be accepted now.
pub async fn accept(
    api: &Api,
    caller: &Principal,
    checked: Result<Vec<CheckedJob>, ApiError>,
    identity: Option<&RequestIdentity>,
    batch_id: Option<BatchId>,
    length_bytes: usize,
) -> Result<Answered, ApiError> {
    let scope = api.store.tenant(caller.tenant);
    let checked = match (checked, identity) {
        (Ok(checked), _) => checked,
        // What was right when it came first may be wrong by now.
        (Err(error), Some(identity)) => {
            return Box::pin(replay(&scope, identity)).await?.ok_or(error);
        }
        (Err(error), None) => return Err(error),
    };
    let mut answering: Vec<JobId> = checked.iter().map(|checked| checked.job.id).collect();
    let mut wishes = HashMap::new();
    let mut jobs = Vec::with_capacity(checked.len());
    for CheckedJob {
        job,
        path,
        on_conflict,
    } in checked
    {
        if job.unique_key.is_some() || !job.parents.is_empty() {
            wishes.insert(job.id, Wish { path, on_conflict });
        }
        jobs.push(job);
    }
    for _ in 0..RACE_LIMIT {
        let submission = KeyedSubmission {
            jobs,
            batch_id,
            request_key: identity.map(|identity| RequestKey {
                tenant_id: caller.tenant,
                key: identity.key.clone(),
                request_hash: *identity.hash.as_bytes(),
                job_ids: answering.clone(),
            }),
        };
        jobs = match api.submissions.submit(submission, length_bytes).await? {
            Submitted::Accepted(accepted) => return answer(&scope, accepted, &answering).await,
            Submitted::RequestKeyUsed(jobs) => {
                if let Some(identity) = identity
                    && let Some(replayed) = Box::pin(replay(&scope, identity)).await?
                {
                    return Ok(replayed);
                }
                jobs
            }
            Submitted::UniqueKeysTaken { jobs, places } => {
                let taken = places.iter().map(|place| &jobs[*place]);
                let holders = Box::pin(holders(&scope, taken)).await?;
                refuse_rejected(&holders, &wishes)?;
                for id in &mut answering {
                    *id = holders.get(id).copied().unwrap_or(*id);
                }
                let is_open = |job: &NewJob| !holders.contains_key(&job.id);
                let mut open: Vec<NewJob> = jobs.into_iter().filter(is_open).collect();
                for parent in open.iter_mut().flat_map(|job| &mut job.parents) {
                    *parent = holders.get(parent).copied().unwrap_or(*parent);
                }
                open
            }
            Submitted::UnknownParents { jobs, parents } => {
                return Err(unknown_parents(&jobs, &parents, &wishes));
            }
        };
    }
    Err(ApiError::KeyContended)
}

/// Which live job stands in the way of which new one; one whose way is free again is left out.
async fn holders(
    scope: &TenantScope<'_>,
    jobs: impl Iterator<Item = &NewJob>,
) -> Result<HashMap<JobId, JobId>, ApiError> {
    let keys: Vec<(JobId, UniqueKey)> = jobs
        .filter_map(|job| {
            let unique = UniqueKey {
                kind: job.kind.clone(),
                key: job.unique_key.clone()?,
            };
            Some((job.id, unique))
        })
        .collect();
    let wanted: Vec<UniqueKey> = keys.iter().map(|(_, unique)| unique.clone()).collect();
    let found = scope.unique_key_holders(&wanted).await?;
    let held = keys
        .into_iter()
        .filter_map(|(id, unique)| Some((id, *found.get(&unique)?)));
    Ok(held.collect())
}

/// Refuses the request when a job with a taken key is not content with the one that holds it.
fn refuse_rejected(
    holders: &HashMap<JobId, JobId>,
    wishes: &HashMap<JobId, Wish>,
) -> Result<(), ApiError> {
    let mut rejected: Vec<(JobId, JobId, &Wish)> = holders
        .iter()
        .filter_map(|(id, holder)| Some((*id, *holder, wishes.get(id)?)))
        .filter(|(_, _, wish)| wish.on_conflict == OnConflict::Reject)
        .collect();
    // Ids sort as the jobs stand in the request.
    rejected.sort_by_key(|(id, _, _)| *id);
    let Some((_, first_holder, _)) = rejected.first() else {
        return Ok(());
    };
    let faults = rejected.iter().map(|(_, holder, wish)| Fault {
        path: wish.path.field("unique_key").to_string(),
        message: format!("is held by the job {holder}"),
    });
    Err(ApiError::UniqueKeyTaken {
        live_job_id: Some(*first_holder),
        faults: faults.take(FAULT_LIMIT).collect(),
    })
}

fn unknown_parents(
    jobs: &[NewJob],
    parents: &[UnknownParent],
    wishes: &HashMap<JobId, Wish>,
) -> ApiError {
    let faults = parents.iter().filter_map(|unknown| {
        let wish = wishes.get(&jobs.get(unknown.job)?.id)?;
        Some(Fault {
            path: wish
                .path
                .field("depends_on")
                .item(unknown.parent)
                .to_string(),
            message: "is no job of this tenant".to_owned(),
        })
    });
    ApiError::InvalidRequest(faults.take(FAULT_LIMIT).collect())
}

/// The accepted jobs, and between them those that hold the keys of others.
async fn answer(
    scope: &TenantScope<'_>,
    accepted: Vec<(NewJob, Accepted)>,
    answering: &[JobId],
) -> Result<Answered, ApiError> {
    let origin = if accepted.is_empty() {
        Origin::Existing
    } else {
        Origin::Accepted
    };
    // Those that wait for others are read back: a parent may have ended before them.
    let at_once = accepted
        .into_iter()
        .filter(|(job, _)| job.parents.is_empty());
    let mut jobs: Vec<Job> = at_once.map(accepted_job).collect();
    if jobs.len() < answering.len() {
        let new: HashMap<JobId, Job> = jobs.into_iter().map(|job| (job.summary.id, job)).collect();
        let existing = answering.iter().filter(|id| !new.contains_key(id));
        let existing: Vec<_> = existing.copied().collect();
        let existing = Box::pin(scope.find_jobs(&existing)).await?;
        let mut all = new;
        all.extend(existing.into_iter().map(|job| (job.summary.id, job)));
        jobs = answering.iter().filter_map(|id| all.remove(id)).collect();
    }
    Ok(Answered { jobs, origin })
}

/// The jobs of the request that was made under the same key before, if there was one.
async fn replay(
    scope: &TenantScope<'_>,
    identity: &RequestIdentity,
) -> Result<Option<Answered>, ApiError> {
    let Some(kept) = scope.find_request(&identity.key).await? else {
        return Ok(None);
    };
    if kept.request_hash != identity.hash.as_bytes() {
        return Err(ApiError::IdempotencyKeyReused);
    }
    let jobs = scope.find_jobs(&kept.job_ids).await?;
    if jobs.len() < kept.job_ids.len() {
        return Err(ApiError::JobNotFound);
    }
    Ok(Some(Answered {
        jobs,
        origin: Origin::Replayed,
    }))
}
