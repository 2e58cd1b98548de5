//! What keeps queued jobs from being dispatched, as conditions on a row of `jobs`.

/// No concurrency limit concerns the job.
pub(crate) const UNLIMITED: &str = "
    NOT EXISTS (SELECT FROM concurrency_limits WHERE scope = 'tenant' AND subject = 'default')
    AND jobs.tenant_id <> ALL (
        ARRAY (SELECT subject::uuid FROM concurrency_limits WHERE scope = 'tenant' AND subject <> 'default')
    )
    AND jobs.kind <> ALL (ARRAY (SELECT subject FROM concurrency_limits WHERE scope = 'kind'))";

/// A live worker that takes jobs serves the job's queue and can run its kind.
pub(crate) const RUNNABLE: &str = "
    EXISTS (
        SELECT FROM workers
        WHERE workers.state = 'active' AND workers.lease_expires_at > now()
            AND jobs.queue = ANY (workers.queues) AND jobs.kind = ANY (workers.kinds)
    )";

/// Neither the job's queue nor its tenant nor its submitter is paused. Each list is read once for a statement, so that
/// empty ones cost next to nothing.
pub(crate) const NOT_PAUSED: &str = "
    jobs.queue <> ALL (ARRAY (SELECT subject FROM pauses WHERE scope = 'queue'))
    AND jobs.tenant_id <> ALL (ARRAY (SELECT subject::uuid FROM pauses WHERE scope = 'tenant'))
    AND jobs.created_by <> ALL (ARRAY (SELECT subject::uuid FROM pauses WHERE scope = 'user'))";
