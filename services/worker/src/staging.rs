//! Jobs that a run stages: they come into being together with its result, or not at all.

mod kind_book;
mod new_child;

pub(crate) use kind_book::KindBook;
pub use new_child::{NewChild, RefusedChild};

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gantry_domain::{
    CHILD_LIMIT_COUNT, CHILDREN_LIMIT_BYTES, JobId, KindName, NewJob, PAYLOAD_LIMIT_BYTES,
    ParentReference, TenantId, UserId,
};

use crate::storable::{storable_json, storable_text};

/// Where a handler stages jobs of the same tenant and submitter; clones stage for the same run.
#[derive(Clone)]
pub struct StagedChildren {
    origin: Origin,
    kinds: KindBook,
    staged: Arc<Mutex<Staged>>,
}

/// Where children come from; they take over all but the kind.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) tenant_id: TenantId,
    pub(crate) created_by: UserId,
    /// The kind of the job that stages them.
    pub(crate) kind: KindName,
    pub(crate) traceparent: Option<String>,
}

#[derive(Default)]
struct Staged {
    jobs: Vec<NewJob>,
    payload_bytes: usize,
}

impl StagedChildren {
    pub(crate) fn new(origin: Origin, kinds: KindBook) -> Self {
        Self {
            origin,
            kinds,
            staged: Arc::default(),
        }
    }

    /// Stages a job. It is submitted in the moment in which the result of this attempt is stored; where the attempt ends
    /// in any other way, it never exists. At most [`CHILD_LIMIT_COUNT`] jobs, with at most [`CHILDREN_LIMIT_BYTES`] of
    /// payloads.
    ///
    /// # Errors
    /// The job cannot be accepted: its kind is unknown or Gantry's own, its payload does not fit, or something is beyond a
    /// limit.
    pub async fn stage(&self, child: NewChild) -> Result<JobId, RefusedChild> {
        child.check_ranges()?;
        // A job of such a kind may go on in further ones.
        if child.kind.is_internal() && child.kind != self.origin.kind {
            return Err(RefusedChild::InternalKind(child.kind));
        }
        let kind = self.kinds.find(&child.kind).await?;
        let payload = storable_json(child.payload);
        kind.check(&payload)?;
        let payload_bytes = payload.to_string().len();
        if payload_bytes > PAYLOAD_LIMIT_BYTES {
            return Err(RefusedChild::PayloadTooLarge { payload_bytes });
        }
        let mut staged = self.lock();
        if staged.jobs.len() >= CHILD_LIMIT_COUNT {
            return Err(RefusedChild::TooMany);
        }
        if staged.payload_bytes + payload_bytes > CHILDREN_LIMIT_BYTES {
            return Err(RefusedChild::TooLargeTogether);
        }
        let declared = &kind.declaration;
        let id = JobId::generate();
        let job = NewJob {
            id,
            tenant_id: self.origin.tenant_id,
            created_by: self.origin.created_by,
            queue: child.queue.unwrap_or_else(|| declared.queue.clone()),
            priority: child.priority.unwrap_or_default(),
            payload,
            run_at: child.run_at,
            max_attempts: child.max_attempts.unwrap_or(declared.retry.max_attempts),
            timeout_seconds: child.timeout_seconds.unwrap_or(declared.timeout_seconds),
            tags: child.tags.into_iter().map(storable_text).collect(),
            retry: child.retry,
            unique_key: None,
            parents: staged.parents(&child.depends_on)?,
            on_parent_failure: child.on_parent_failure.unwrap_or_default(),
            traceparent: self.origin.traceparent.clone(),
            kind: child.kind,
        };
        staged.payload_bytes += payload_bytes;
        staged.jobs.push(job);
        Ok(id)
    }

    /// What was staged so far; what is staged afterwards is in vain.
    pub(crate) fn take(&self) -> Vec<NewJob> {
        std::mem::take(&mut self.lock().jobs)
    }

    fn lock(&self) -> MutexGuard<'_, Staged> {
        // Nothing panics while it holds the lock.
        self.staged.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Staged {
    fn parents(&self, references: &[ParentReference]) -> Result<Vec<JobId>, RefusedChild> {
        let parent = |reference: &ParentReference| match reference {
            ParentReference::Job(id) => Ok(*id),
            ParentReference::Item { item } => {
                let earlier = self.jobs.get(*item);
                earlier
                    .map(|job| job.id)
                    .ok_or(RefusedChild::NoSuchItem { item: *item })
            }
        };
        references.iter().map(parent).collect()
    }
}
