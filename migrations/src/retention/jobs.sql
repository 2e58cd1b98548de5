-- A job goes after its lines and never before: the policy below sees to what this constraint saw to, without its lock on
-- the job for every line that is written, and without looking for lines of each job that goes.
ALTER TABLE job_logs_first DROP CONSTRAINT job_logs_job_id_fkey;

-- A result that was deleted reads as JSON's null, which older services show as it is.
ALTER TABLE jobs ADD COLUMN result_deleted_at timestamptz;
ALTER TABLE jobs ADD CONSTRAINT jobs_deleted_results
    CHECK (result_deleted_at IS NULL OR (state = 'succeeded' AND result = 'null'::jsonb)) NOT VALID;

-- Door `dispatch`: a job goes when it ended longer ago than its tenant's jobs are kept, at the earliest after a day, and
-- when no line of it is left.
CREATE POLICY past_retention ON jobs AS RESTRICTIVE FOR DELETE TO gantry_worker USING (
    state IN ('succeeded', 'failed', 'cancelled')
    AND finished_at < now() - make_interval(days => COALESCE((
        SELECT jobs_days FROM tenant_retention WHERE tenant_retention.tenant_id = jobs.tenant_id), 1))
    AND NOT EXISTS (SELECT FROM job_logs WHERE job_logs.job_id = jobs.id)
);

GRANT DELETE, UPDATE (result_deleted_at) ON jobs TO gantry_worker;
