-- The role stays, as the services' roles do; the logins of this database's machines go.
ALTER TABLE worker_tokens NO FORCE ROW LEVEL SECURITY;
DO $$
DECLARE
    token uuid;
BEGIN
    FOR token IN SELECT id FROM worker_tokens LOOP
        IF NOT shut_enrolled_login(token) OR drop_enrolled_login(token) = 'busy' THEN
            RAISE EXCEPTION 'the login of the machine % is held by a session of its own: try again', token
                USING ERRCODE = 'object_in_use';
        END IF;
    END LOOP;
END
$$;
DROP FUNCTION drop_enrolled_login(uuid);
DROP FUNCTION shut_enrolled_login(uuid);
DROP FUNCTION make_enrolled_login(uuid, text);
DROP FUNCTION end_enrolled_transactions(interval);
DROP FUNCTION end_enrolled_sessions(uuid);
DROP FUNCTION enrolled_login(uuid);

REVOKE ALL ON kinds, seaql_migrations, workers, jobs, job_attempts, job_logs, job_dependencies, pauses, concurrency_limits
    FROM gantry_enrolled;
DROP POLICY enrolled ON concurrency_limits;
DROP POLICY enrolled ON pauses;
DROP POLICY enrolled ON job_dependencies;
DROP POLICY enrolled_run ON job_logs;
DROP POLICY enrolled_run ON job_attempts;
DROP POLICY enrolled_run ON jobs;
DROP POLICY enrolled ON jobs;
DROP POLICY enrolled_lease ON workers;
DROP POLICY enrolled_registration ON workers;
DROP POLICY enrolled ON workers;
DROP TRIGGER enrolled_registrations ON workers;
DROP FUNCTION refuse_too_many_registrations();
DROP FUNCTION enrolled_worker_ids();

REVOKE DELETE ON workers FROM gantry_worker;
REVOKE UPDATE (state, lease_expires_at) ON workers FROM gantry_api;
DROP POLICY long_ended ON workers;
DROP POLICY own_tenant_stop ON workers;
DROP POLICY seen_by_tenant ON workers;
DROP POLICY operators_workers ON workers;
ALTER TABLE workers NO FORCE ROW LEVEL SECURITY;
ALTER TABLE workers DISABLE ROW LEVEL SECURITY;
DROP POLICY claim_door ON schedules;
DROP POLICY claim_door ON jobs;
ALTER TABLE workers DROP COLUMN tenant_id, DROP COLUMN token_id;
DROP FUNCTION enrolled_queues();
DROP FUNCTION enrolled_tenant_id();
DROP FUNCTION enrolled_token_id();
DROP TABLE worker_tokens;
DROP TRIGGER enrol_tokens_end ON memberships;
DROP FUNCTION delete_enrol_tokens_of_former_member();
DROP TABLE enrol_tokens;
DROP TABLE tenant_queues;
DROP FUNCTION claimed_queue();
DROP FUNCTION presented_secret_hash();
REVOKE USAGE ON SCHEMA public FROM gantry_enrolled;
