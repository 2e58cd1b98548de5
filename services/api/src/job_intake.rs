//! From submissions as they came in to jobs that can be accepted: kinds looked up, payloads checked, defaults filled in.

use std::collections::HashSet;
use std::time::Instant;

use gantry_auth::Principal;
use gantry_domain::{JobId, NewJob, OnConflict, ParentReference};
use gantry_telemetry::current_traceparent;

use crate::api::Api;
use crate::faults::{Faults, Path};
use crate::job_request::JobRequest;
use crate::kind_catalog::KnownKind;
use crate::payload_checks::check_payload;
use crate::payload_rules::{check_size, refuse_nul};
use crate::problem::ApiError;

/// A job that can be accepted, and what its submission wants where its unique key is taken.
pub struct CheckedJob {
    /// The job.
    pub job: NewJob,
    /// Where it stands in the body.
    pub path: Path,
    /// What to do where its unique key is taken.
    pub on_conflict: OnConflict,
}

/// Checks submissions against their kinds; each comes with its place in the body.
///
/// # Errors
/// Any of them has a fault, or Postgres cannot be reached.
pub async fn check_jobs(
    api: &Api,
    caller: &Principal,
    requests: Vec<(Path, JobRequest)>,
) -> Result<Vec<CheckedJob>, ApiError> {
    let mut unknown_kinds = Faults::default();
    let mut faults = Faults::default();
    let mut jobs = Vec::with_capacity(requests.len());
    let mut unique_keys = HashSet::new();
    let traceparent = current_traceparent();
    let asked_at = Instant::now();
    let ids: Vec<JobId> = requests.iter().map(|_| JobId::generate()).collect();
    for (place, (path, request)) in requests.into_iter().enumerate() {
        let parents = parents(&request, &ids[..place], &path, &mut faults);
        if request.kind.is_internal() {
            faults.add(
                path.field("kind"),
                "is for jobs that only the service itself asks for",
            );
            continue;
        }
        let Some(kind) = api.kinds.find(&request.kind, asked_at).await? else {
            unknown_kinds.add(path.field("kind"), "is no kind that a worker has announced");
            continue;
        };
        if let Some(key) = &request.unique_key
            && !unique_keys.insert((request.kind.clone(), key.clone()))
        {
            faults.add(
                path.field("unique_key"),
                "is that of an earlier job of this batch too",
            );
        }
        let queue = request.queue.as_ref().unwrap_or(&kind.declaration.queue);
        if !api.queue_owners.lets_in(caller.tenant, queue).await? {
            faults.add(path.field("queue"), "belongs to another tenant alone");
        }
        check_payload_of(&request, &kind, &path.field("payload"), &mut faults)?;
        if faults.is_full() || unknown_kinds.is_full() {
            break;
        }
        jobs.push(CheckedJob {
            on_conflict: request.on_conflict.unwrap_or_default(),
            job: NewJob {
                id: ids[place],
                parents,
                ..new_job(request, &kind, caller, traceparent.clone())
            },
            path,
        });
    }
    if !unknown_kinds.is_empty() {
        return Err(ApiError::UnknownKind(unknown_kinds.into_vec()));
    }
    faults.into_result()?;
    Ok(jobs)
}

/// The ids of a request's parents, those in its own batch among them.
fn parents(
    request: &JobRequest,
    earlier: &[JobId],
    path: &Path,
    faults: &mut Faults,
) -> Vec<JobId> {
    let references = request.depends_on.iter().flatten().enumerate();
    let mut parents = Vec::new();
    for (index, reference) in references {
        match reference {
            ParentReference::Job(id) => parents.push(*id),
            ParentReference::Item { item } => match earlier.get(*item) {
                Some(id) => parents.push(*id),
                None => faults.add(
                    path.field("depends_on").item(index),
                    "must name a job that stands earlier in the same batch, from 0",
                ),
            },
        }
    }
    parents
}

fn check_payload_of(
    request: &JobRequest,
    kind: &KnownKind,
    path: &Path,
    faults: &mut Faults,
) -> Result<(), ApiError> {
    check_size(&request.payload, path)?;
    let mut found = Faults::default();
    refuse_nul(&request.payload, path, &mut found);
    match &kind.schema {
        Ok(schema) => schema.check(&request.payload, path, &mut found),
        Err(_) => found.add(
            path,
            "cannot be checked: the schema that the workers announced for this kind is not valid",
        ),
    }
    if found.is_empty() {
        check_payload(&request.kind, &request.payload, path, &mut found);
    }
    faults.extend(found);
    Ok(())
}

fn new_job(
    request: JobRequest,
    kind: &KnownKind,
    caller: &Principal,
    traceparent: Option<String>,
) -> NewJob {
    let declared = &kind.declaration;
    NewJob {
        id: JobId::generate(),
        tenant_id: caller.tenant,
        created_by: caller.user,
        kind: request.kind,
        queue: request.queue.unwrap_or_else(|| declared.queue.clone()),
        priority: request.priority.unwrap_or_default(),
        payload: request.payload,
        run_at: request.run_at,
        max_attempts: request.max_attempts.unwrap_or(declared.retry.max_attempts),
        timeout_seconds: request.timeout_seconds.unwrap_or(declared.timeout_seconds),
        retry: request.retry,
        tags: request.tags.unwrap_or_default(),
        unique_key: request.unique_key,
        parents: Vec::new(),
        on_parent_failure: request.on_parent_failure.unwrap_or_default(),
        traceparent,
    }
}
