-- The lowest id a job accepted at that time or later can have: ids are UUIDv7 and begin with the time in milliseconds.
CREATE FUNCTION lowest_job_id(accepted_at timestamptz) RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN rpad(lpad(to_hex(greatest(extract(epoch FROM accepted_at) * 1000, 0)::bigint), 12, '0'), 32, '0')::uuid;

-- The table as it was becomes the first partition, up to the end of today. For the length of this migration its rows
-- are the owner's to see; attaching reads them once, while followers and writers of logs wait.
ALTER TABLE job_logs RENAME TO job_logs_first;
ALTER INDEX job_logs_pkey RENAME TO job_logs_first_pkey;
ALTER TABLE job_logs_first NO FORCE ROW LEVEL SECURITY;
DROP POLICY own_tenant ON job_logs_first;
DROP POLICY dispatch_door ON job_logs_first;
REVOKE ALL ON job_logs_first FROM gantry_api, gantry_worker;

-- By job rather than by the time of the line: the primary key that makes a repeated append harmless can stay, one job's
-- lines are in one partition, and the job's id says in which.
CREATE TABLE job_logs (
    LIKE job_logs_first INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
    CONSTRAINT job_logs_pkey PRIMARY KEY (job_id, attempt, seq)
) PARTITION BY RANGE (job_id);

-- Takes what no partition was made for, so that no line is ever refused for want of one.
CREATE TABLE job_logs_default PARTITION OF job_logs DEFAULT;

DO $$
DECLARE
    first_end uuid := lowest_job_id(date_trunc('day', now(), 'UTC') + interval '24 hours');
BEGIN
    -- Of jobs accepted by a clock that is ahead.
    WITH moved AS (DELETE FROM job_logs_first WHERE job_id >= first_end RETURNING *)
    INSERT INTO job_logs SELECT * FROM moved;
    EXECUTE format('ALTER TABLE job_logs ATTACH PARTITION job_logs_first FOR VALUES FROM (MINVALUE) TO (%L)', first_end);
END
$$;

-- The guards of the partitions themselves let nobody through; whoever reads the whole table is held by its own.
ALTER TABLE job_logs_first FORCE ROW LEVEL SECURITY;
ALTER TABLE job_logs_default ENABLE ROW LEVEL SECURITY;
ALTER TABLE job_logs_default FORCE ROW LEVEL SECURITY;
ALTER TABLE job_logs ENABLE ROW LEVEL SECURITY;
ALTER TABLE job_logs FORCE ROW LEVEL SECURITY;

CREATE POLICY own_tenant ON job_logs FOR SELECT TO gantry_api USING (tenant_id = current_tenant_id());
CREATE POLICY dispatch_door ON job_logs TO gantry_worker
    USING (current_door() = 'dispatch') WITH CHECK (current_door() = 'dispatch');

-- Lines go when their job ended longer ago than its tenant's logs are kept, and at the earliest after a day.
CREATE POLICY past_retention ON job_logs AS RESTRICTIVE FOR DELETE TO gantry_worker USING (
    NOT EXISTS (
        SELECT FROM jobs WHERE jobs.id = job_logs.job_id AND (jobs.finished_at IS NULL OR jobs.finished_at >= now()
            - make_interval(days => COALESCE((
                SELECT logs_days FROM tenant_retention WHERE tenant_retention.tenant_id = jobs.tenant_id), 1)))
    )
);

GRANT SELECT ON job_logs TO gantry_api;
GRANT SELECT, INSERT, DELETE ON job_logs TO gantry_worker;
