-- The tenant of the current transaction, or nothing; the setting reads as an empty text once it was set and ended.
CREATE FUNCTION current_tenant_id() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(current_setting('app.tenant_id', true), '')::uuid;

-- The cross-tenant door the connection or transaction stands in, or nothing. A role without the door's policy gains
-- nothing by naming it.
CREATE FUNCTION current_door() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN current_setting('app.door', true);

ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE jobs FORCE ROW LEVEL SECURITY;
ALTER TABLE job_attempts ENABLE ROW LEVEL SECURITY;
ALTER TABLE job_attempts FORCE ROW LEVEL SECURITY;
ALTER TABLE job_logs ENABLE ROW LEVEL SECURITY;
ALTER TABLE job_logs FORCE ROW LEVEL SECURITY;

CREATE POLICY own_tenant ON tenants FOR SELECT TO gantry_api USING (id = current_tenant_id());
CREATE POLICY own_tenant ON jobs TO gantry_api
    USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());
CREATE POLICY own_tenant ON job_attempts TO gantry_api
    USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());
CREATE POLICY own_tenant ON job_logs FOR SELECT TO gantry_api USING (tenant_id = current_tenant_id());

-- Door `identity`: who signed in is written down before anything else of theirs.
CREATE POLICY identity_door ON tenants FOR SELECT TO gantry_api USING (current_door() = 'identity');
CREATE POLICY identity_door_new ON tenants FOR INSERT TO gantry_api
    WITH CHECK (current_door() = 'identity' AND issuer <> 'gantry');
CREATE POLICY identity_door ON users TO gantry_api
    USING (current_door() = 'identity') WITH CHECK (current_door() = 'identity');

-- Door `submit`: submissions of several tenants share one INSERT. It can only add rows, and read what this very
-- transaction added, which RETURNING needs; it can change none.
CREATE POLICY submit_door ON jobs FOR INSERT TO gantry_api WITH CHECK (current_door() = 'submit');
CREATE POLICY submit_door_answer ON jobs FOR SELECT TO gantry_api
    USING (current_door() = 'submit' AND created_at = now());

-- Door `dispatch`: a worker claims, runs and settles the jobs of every tenant.
CREATE POLICY dispatch_door ON jobs TO gantry_worker
    USING (current_door() = 'dispatch') WITH CHECK (current_door() = 'dispatch');
CREATE POLICY dispatch_door ON job_attempts TO gantry_worker
    USING (current_door() = 'dispatch') WITH CHECK (current_door() = 'dispatch');
CREATE POLICY dispatch_door ON job_logs TO gantry_worker
    USING (current_door() = 'dispatch') WITH CHECK (current_door() = 'dispatch');

GRANT SELECT ON kinds, workers TO gantry_api;
GRANT SELECT, INSERT (id, issuer, external_id) ON tenants TO gantry_api;
GRANT SELECT, INSERT, UPDATE ON users TO gantry_api;
GRANT SELECT, INSERT ON jobs TO gantry_api;
GRANT UPDATE (state, losses, max_attempts, dispatch, log_seq, queued_at, run_at, finished_at, cancel_requested_at, error, progress)
    ON jobs TO gantry_api;
GRANT SELECT, INSERT ON job_attempts TO gantry_api;
GRANT SELECT ON job_logs TO gantry_api;

GRANT SELECT, INSERT, UPDATE ON kinds, workers, maintenance_leases TO gantry_worker;
GRANT SELECT ON jobs, job_attempts, job_logs TO gantry_worker;
GRANT UPDATE (state, attempt, losses, dispatch, log_seq, worker_id, queued_at, run_at, started_at, finished_at, error, progress, result)
    ON jobs TO gantry_worker;
GRANT INSERT ON job_attempts, job_logs TO gantry_worker;
