-- How many jobs run at a time. What runs is counted in `jobs` itself, so nothing here goes stale.
CREATE TABLE concurrency_limits (
    scope text NOT NULL CHECK (scope IN ('tenant', 'kind')),
    -- A kind's name, or a tenant's id; `default` stands for every tenant without a limit of its own.
    subject text NOT NULL,
    max_running integer NOT NULL CHECK (max_running > 0),
    set_by uuid NOT NULL,
    set_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scope, subject),
    -- Claims read the ids as such; a text that is none would stop them all.
    CONSTRAINT concurrency_limits_subject_is_id
        CHECK (CASE WHEN scope = 'tenant' AND subject <> 'default' THEN subject = subject::uuid::text ELSE true END)
);

ALTER TABLE concurrency_limits ENABLE ROW LEVEL SECURITY;
ALTER TABLE concurrency_limits FORCE ROW LEVEL SECURITY;

-- A tenant learns of what may hold its own jobs up.
CREATE POLICY concerned_tenant ON concurrency_limits FOR SELECT TO gantry_api
    USING (current_tenant_id() IS NOT NULL
        AND (scope <> 'tenant' OR subject IN ('default', current_tenant_id()::text)));
CREATE POLICY dispatch_door ON concurrency_limits FOR SELECT TO gantry_worker USING (current_door() = 'dispatch');
CREATE POLICY operate_door ON concurrency_limits TO gantry_api
    USING (current_door() = 'operate') WITH CHECK (current_door() = 'operate');

GRANT SELECT, DELETE ON concurrency_limits TO gantry_api;
GRANT INSERT (scope, subject, max_running, set_by), UPDATE (max_running, set_by, set_at) ON concurrency_limits TO gantry_api;
GRANT SELECT (scope, subject, max_running) ON concurrency_limits TO gantry_worker;
