REVOKE DELETE ON jobs FROM gantry_worker;
DROP POLICY past_retention ON jobs;
ALTER TABLE jobs DROP COLUMN result_deleted_at;

DROP FUNCTION drop_job_log_partition(text, integer);
DROP FUNCTION make_job_log_partitions();
DROP VIEW job_log_partitions;

-- The lines go back into one table; copying them takes as long as there are many.
ALTER TABLE job_logs RENAME TO job_logs_partitioned;
ALTER INDEX job_logs_pkey RENAME TO job_logs_partitioned_pkey;
ALTER TABLE job_logs_partitioned NO FORCE ROW LEVEL SECURITY;
CREATE TABLE job_logs (
    LIKE job_logs_partitioned INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
    CONSTRAINT job_logs_pkey PRIMARY KEY (job_id, attempt, seq)
);
INSERT INTO job_logs SELECT * FROM job_logs_partitioned;
DROP TABLE job_logs_partitioned;
-- The check of the key must see every job.
ALTER TABLE jobs NO FORCE ROW LEVEL SECURITY;
ALTER TABLE job_logs ADD CONSTRAINT job_logs_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs (id) ON DELETE CASCADE;
ALTER TABLE jobs FORCE ROW LEVEL SECURITY;
ALTER TABLE job_logs ENABLE ROW LEVEL SECURITY;
ALTER TABLE job_logs FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON job_logs FOR SELECT TO gantry_api USING (tenant_id = current_tenant_id());
CREATE POLICY dispatch_door ON job_logs TO gantry_worker
    USING (current_door() = 'dispatch') WITH CHECK (current_door() = 'dispatch');
GRANT SELECT ON job_logs TO gantry_api;
GRANT SELECT, INSERT ON job_logs TO gantry_worker;

DROP FUNCTION lowest_job_id(timestamptz);
DROP TABLE tenant_retention;
