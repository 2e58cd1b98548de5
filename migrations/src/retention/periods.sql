-- How long a tenant's jobs, results and logs are kept, in days from the end of the job; a tenant without a row has the
-- periods of the workers' settings.
CREATE TABLE tenant_retention (
    tenant_id uuid PRIMARY KEY,
    jobs_days integer NOT NULL CHECK (jobs_days BETWEEN 1 AND 3650),
    results_days integer NOT NULL CHECK (results_days BETWEEN 1 AND 3650),
    logs_days integer NOT NULL CHECK (logs_days BETWEEN 1 AND 3650),
    updated_at timestamptz NOT NULL DEFAULT now(),
    -- What belongs to a job goes before it or with it.
    CONSTRAINT tenant_retention_possible_rows CHECK (results_days <= jobs_days AND logs_days <= jobs_days)
);

ALTER TABLE tenant_retention ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_retention FORCE ROW LEVEL SECURITY;

CREATE POLICY own_tenant ON tenant_retention TO gantry_api
    USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());
CREATE POLICY dispatch_door ON tenant_retention FOR SELECT TO gantry_worker USING (current_door() = 'dispatch');

GRANT SELECT, INSERT, DELETE, UPDATE (jobs_days, results_days, logs_days, updated_at) ON tenant_retention TO gantry_api;
GRANT SELECT ON tenant_retention TO gantry_worker;
