ALTER TABLE schedules ENABLE ROW LEVEL SECURITY;
ALTER TABLE schedules FORCE ROW LEVEL SECURITY;

CREATE POLICY own_tenant ON schedules TO gantry_api
    USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());
-- Door `dispatch`: a worker submits the jobs of every tenant's schedules.
CREATE POLICY dispatch_door ON schedules TO gantry_worker
    USING (current_door() = 'dispatch') WITH CHECK (current_door() = 'dispatch');

GRANT SELECT, INSERT, DELETE ON schedules TO gantry_api;
GRANT UPDATE (name, cron, time_zone, missed, kind, payload, queue, priority, max_attempts, timeout_seconds, tags, paused_at,
        next_run_at, last_run_at, last_job_id, updated_at)
    ON schedules TO gantry_api;

GRANT SELECT, UPDATE (next_run_at, last_run_at, last_job_id) ON schedules TO gantry_worker;
GRANT INSERT (id, tenant_id, created_by, kind, queue, priority, state, payload, run_at, queued_at, max_attempts,
        timeout_seconds, tags, traceparent)
    ON jobs TO gantry_worker;
