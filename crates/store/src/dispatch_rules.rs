//! What keeps queued jobs from being dispatched, as conditions on a row of `jobs`.

/// Neither the job's queue nor its tenant nor its submitter is paused. Each list is read once for a statement, so that
/// empty ones cost next to nothing.
pub(crate) const NOT_PAUSED: &str = "
    jobs.queue <> ALL (ARRAY (SELECT subject FROM pauses WHERE scope = 'queue'))
    AND jobs.tenant_id <> ALL (ARRAY (SELECT subject::uuid FROM pauses WHERE scope = 'tenant'))
    AND jobs.created_by <> ALL (ARRAY (SELECT subject::uuid FROM pauses WHERE scope = 'user'))";
