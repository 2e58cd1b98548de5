ALTER TABLE account_exports ENABLE ROW LEVEL SECURITY;
ALTER TABLE account_exports FORCE ROW LEVEL SECURITY;
ALTER TABLE account_deletions ENABLE ROW LEVEL SECURITY;
ALTER TABLE account_deletions FORCE ROW LEVEL SECURITY;
ALTER TABLE deletion_receipts ENABLE ROW LEVEL SECURITY;
ALTER TABLE deletion_receipts FORCE ROW LEVEL SECURITY;

-- A person sees and asks for what is theirs.
CREATE POLICY own_person ON account_exports TO gantry_api
    USING (user_id = current_person_id()) WITH CHECK (user_id = current_person_id());
CREATE POLICY own_person ON account_deletions FOR SELECT TO gantry_api USING (user_id = current_person_id());
CREATE POLICY own_person_wish ON account_deletions FOR INSERT TO gantry_api
    WITH CHECK (user_id = current_person_id() AND requested_by = 'person' AND closed_at IS NULL
        AND purge_after >= now() + interval '30 days');
CREATE POLICY own_person_return ON account_deletions FOR DELETE TO gantry_api
    USING (user_id = current_person_id() AND closed_at IS NULL AND cancellable_until > now());

-- Door `directory`: an account that the identity provider has deleted takes the same road.
CREATE POLICY directory_door ON account_deletions FOR SELECT TO gantry_api USING (current_door() = 'directory');
CREATE POLICY directory_door_wish ON account_deletions FOR INSERT TO gantry_api
    WITH CHECK (current_door() = 'directory' AND requested_by = 'provider' AND closed_at IS NULL
        AND purge_after >= now() + interval '30 days');
CREATE POLICY directory_door_end ON account_deletions FOR UPDATE TO gantry_api
    USING (current_door() = 'directory') WITH CHECK (current_door() = 'directory' AND requested_by = 'provider');

-- Door `dispatch`: no job is made in the name of someone whose account is closed.
CREATE POLICY dispatch_door ON account_deletions FOR SELECT TO gantry_worker
    USING (current_door() = 'dispatch' AND closed_at IS NOT NULL);

GRANT SELECT (user_id, closed_at) ON account_deletions TO gantry_worker;
GRANT SELECT ON account_exports, account_deletions TO gantry_api;
GRANT INSERT (job_id, user_id, tenant_id, entered_tenant_id) ON account_exports TO gantry_api;
GRANT INSERT (user_id, own_tenant_id, requested_by, cancellable_until, purge_after), DELETE,
    UPDATE (requested_by, cancellable_until) ON account_deletions TO gantry_api;

-- The functions below read and remove what is a person's, wherever it is. They run with the rights of the schema's owner,
-- whom row-level security holds too; this is how it knows them. Nobody else gains by naming the door: whoever is not the
-- owner lacks its role, and the services hold no rights on these tables beside their own. Each function names the door for
-- its transaction; a setting of its own is more than an owner without power over the server may give it.
CREATE FUNCTION is_account_function() RETURNS boolean
    LANGUAGE sql STABLE
    RETURN current_door() = 'account'
        AND pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = 'users'::regclass), 'USAGE');

DO $$
DECLARE
    table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY['users', 'tenants', 'memberships', 'profiles', 'api_keys', 'audit_events', 'jobs',
        'job_attempts', 'job_logs', 'job_dependencies', 'batches', 'schedules', 'idempotency_keys', 'tenant_retention',
        'pauses', 'concurrency_limits', 'directory_entries', 'account_exports', 'account_deletions', 'deletion_receipts']
    LOOP
        EXECUTE format('CREATE POLICY account_functions ON %I TO gantry_worker '
            'USING (is_account_function()) WITH CHECK (is_account_function())', table_name);
    END LOOP;
END
$$;

-- What is a departed person's goes before its retention is over.
DROP POLICY past_retention ON jobs;
CREATE POLICY past_retention ON jobs AS RESTRICTIVE FOR DELETE TO gantry_worker USING (
    is_account_function()
    OR state IN ('succeeded', 'failed', 'cancelled')
    AND finished_at < now() - make_interval(days => COALESCE((
        SELECT jobs_days FROM tenant_retention WHERE tenant_retention.tenant_id = jobs.tenant_id), 1))
    AND NOT EXISTS (SELECT FROM job_logs WHERE job_logs.job_id = jobs.id)
);
DROP POLICY past_retention ON job_logs;
CREATE POLICY past_retention ON job_logs AS RESTRICTIVE FOR DELETE TO gantry_worker USING (
    is_account_function()
    OR NOT EXISTS (
        SELECT FROM jobs WHERE jobs.id = job_logs.job_id AND (jobs.finished_at IS NULL OR jobs.finished_at >= now()
            - make_interval(days => COALESCE((
                SELECT logs_days FROM tenant_retention WHERE tenant_retention.tenant_id = jobs.tenant_id), 1)))
    )
);
