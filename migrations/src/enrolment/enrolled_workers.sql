-- What a machine of a tenant's own may do, whatever statements it sends: see the jobs of its queues, take those that wait,
-- and write what becomes of those it runs. Each policy's (SELECT ...) is evaluated once for a statement. Values that
-- others calculate with are held in range, so that no row written here makes a statement over everyone's rows fail.

-- The workers of this login whose lease holds. With the caller's own rights: it sees no others.
CREATE FUNCTION enrolled_worker_ids() RETURNS uuid[]
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    RETURN ARRAY(SELECT id FROM public.workers
        WHERE token_id = public.enrolled_token_id() AND state IN ('active', 'draining')
            AND lease_expires_at > clock_timestamp());

-- Lets a login register a hundred workers within an hour. Counted for each row, so that no statement brings more; one at a
-- time for each token, so that several at once do not either; and with the owner's rights, because a machine may be kept from
-- taking such locks itself.
CREATE FUNCTION refuse_too_many_registrations() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    token uuid;
BEGIN
    -- What runs with the owner's rights looks at a row of this table and of no other: a row of somebody's own table could bring
    -- types, and with them casts and operators, of their making.
    IF TG_RELID <> 'public.workers'::regclass THEN
        RAISE EXCEPTION 'this counts registrations of workers' USING ERRCODE = 'insufficient_privilege';
    END IF;
    token := NEW.token_id;
    PERFORM pg_advisory_xact_lock(hashtextextended('registrations of ' || token, 0));
    IF (SELECT count(*) FROM public.workers
        WHERE token_id = token AND started_at > clock_timestamp() - interval '1 hour') >= 100
    THEN
        RAISE configuration_limit_exceeded USING
            MESSAGE = 'this machine has registered a hundred workers within an hour: it may go on when an hour is over';
    END IF;
    RETURN NEW;
END
$$;

-- The trigger needs no right to it.
REVOKE ALL ON FUNCTION refuse_too_many_registrations() FROM PUBLIC;

CREATE TRIGGER enrolled_registrations BEFORE INSERT ON workers
    FOR EACH ROW WHEN (NEW.token_id IS NOT NULL) EXECUTE FUNCTION refuse_too_many_registrations();

CREATE POLICY enrolled ON workers FOR SELECT TO gantry_enrolled USING (token_id = (SELECT enrolled_token_id()));
CREATE POLICY enrolled_registration ON workers FOR INSERT TO gantry_enrolled WITH CHECK (
    token_id = (SELECT enrolled_token_id()) AND tenant_id = (SELECT enrolled_tenant_id())
    AND state = 'active' AND lease_expires_at <= now() + interval '1 hour'
    AND array_ndims(queues) = 1 AND array_lower(queues, 1) = 1 AND cardinality(queues) <= 16
    AND queues <@ (SELECT enrolled_queues())
    AND array_ndims(kinds) = 1 AND array_lower(kinds, 1) = 1 AND cardinality(kinds) <= 1000
    AND kinds <@ ARRAY (SELECT name FROM kinds)
    AND concurrency <= 1024 AND char_length(name) <= 64 AND char_length(version) <= 64
);
-- A lease that has ended cannot be taken up again, and none reaches far beyond the token.
CREATE POLICY enrolled_lease ON workers FOR UPDATE TO gantry_enrolled
    USING (token_id = (SELECT enrolled_token_id()) AND state IN ('active', 'draining')
        AND lease_expires_at > clock_timestamp())
    WITH CHECK (
        token_id = (SELECT enrolled_token_id()) AND state IN ('active', 'draining', 'stopped') AND heartbeat_at = now()
        AND lease_expires_at BETWEEN now() AND now() + interval '1 hour'
        AND (state <> 'stopped' OR lease_expires_at = now())
    );

CREATE POLICY enrolled ON jobs FOR SELECT TO gantry_enrolled USING (
    tenant_id = (SELECT enrolled_tenant_id()) AND queue = ANY ((SELECT enrolled_queues())::text[])
);
-- Jobs that wait, and runs of its own: the fence of every statement, held here against any other.
CREATE POLICY enrolled_run ON jobs FOR UPDATE TO gantry_enrolled
    USING (
        tenant_id = (SELECT enrolled_tenant_id()) AND queue = ANY ((SELECT enrolled_queues())::text[])
        AND (state = 'queued' OR state = 'running' AND worker_id = ANY ((SELECT enrolled_worker_ids())::uuid[]))
    )
    WITH CHECK (
        tenant_id = (SELECT enrolled_tenant_id()) AND queue = ANY ((SELECT enrolled_queues())::text[])
        AND worker_id = ANY ((SELECT enrolled_worker_ids())::uuid[])
        AND attempt BETWEEN 0 AND max_attempts + losses AND dispatch BETWEEN 1 AND 1000000000
        AND log_seq BETWEEN 0 AND 1000000
        AND run_at BETWEEN timestamptz '1970-01-01 00:00:00+00' AND timestamptz '9999-12-31 23:59:59+00'
        AND started_at BETWEEN created_at - interval '1 day' AND now() + interval '1 minute'
        AND (queued_at IS NULL OR queued_at BETWEEN created_at - interval '1 day' AND now() + interval '1 minute')
        AND (finished_at IS NULL OR finished_at = now())
        AND (result IS NULL OR octet_length(result::text) <= 8 * 1024 * 1024)
        AND (progress IS NULL OR octet_length(progress::text) <= 64 * 1024)
        AND (error IS NULL OR (
            octet_length(error::text) <= 1024 * 1024 AND jsonb_typeof(error) = 'object'
            AND jsonb_typeof(error -> 'code') = 'string' AND jsonb_typeof(error -> 'message') = 'string'
        ))
    );

-- History and log of runs of its own, while they run.
CREATE POLICY enrolled_run ON job_attempts FOR INSERT TO gantry_enrolled WITH CHECK (
    outcome = 'failed' AND finished_at = now() AND EXISTS (
        SELECT FROM jobs WHERE jobs.id = job_attempts.job_id AND jobs.tenant_id = job_attempts.tenant_id
            AND jobs.state = 'running' AND jobs.attempt = job_attempts.attempt
            AND jobs.worker_id = job_attempts.worker_id AND jobs.started_at = job_attempts.started_at
            AND jobs.worker_id = ANY ((SELECT enrolled_worker_ids())::uuid[])
    )
    AND (error IS NULL OR (
        octet_length(error::text) <= 1024 * 1024 AND jsonb_typeof(error) = 'object'
        AND jsonb_typeof(error -> 'code') = 'string' AND jsonb_typeof(error -> 'message') = 'string'
    ))
);
CREATE POLICY enrolled_run ON job_logs FOR INSERT TO gantry_enrolled WITH CHECK (
    EXISTS (
        SELECT FROM jobs WHERE jobs.id = job_logs.job_id AND jobs.tenant_id = job_logs.tenant_id
            AND jobs.state = 'running' AND jobs.attempt = job_logs.attempt
            AND jobs.worker_id = ANY ((SELECT enrolled_worker_ids())::uuid[])
    )
    AND seq <= 1000000 AND octet_length(text) <= 64 * 1024
    AND at BETWEEN timestamptz '1970-01-01 00:00:00+00' AND timestamptz '9999-12-31 23:59:59+00'
);

-- What the jobs of its queues have waited for; results of jobs in other queues stay out of sight.
CREATE POLICY enrolled ON job_dependencies FOR SELECT TO gantry_enrolled
    USING (EXISTS (SELECT FROM jobs WHERE jobs.id = child_id));

-- What holds its own jobs up, and nobody else's: not whose jobs are held up elsewhere, nor why, nor by whom.
CREATE POLICY enrolled ON pauses FOR SELECT TO gantry_enrolled USING (
    CASE scope
        WHEN 'queue' THEN subject = ANY ((SELECT enrolled_queues())::text[])
        WHEN 'tenant' THEN subject = (SELECT enrolled_tenant_id())::text
        ELSE EXISTS (SELECT FROM jobs
            WHERE jobs.created_by = subject::uuid AND jobs.queue = ANY ((SELECT enrolled_queues())::text[])
                AND jobs.queued_at IS NOT NULL AND jobs.finished_at IS NULL)
    END
);
CREATE POLICY enrolled ON concurrency_limits FOR SELECT TO gantry_enrolled USING (
    (SELECT enrolled_tenant_id()) IS NOT NULL
    AND (scope <> 'tenant' OR subject IN ('default', (SELECT enrolled_tenant_id())::text))
);

-- Columns by name wherever something is written: a right to the whole table is one to lock it.
GRANT SELECT ON kinds, seaql_migrations, workers, jobs TO gantry_enrolled;
GRANT SELECT (id, tenant_id, queues, login, expires_at, revoked_at) ON worker_tokens TO gantry_enrolled;
GRANT SELECT (child_id, parent_id, position, outcome) ON job_dependencies TO gantry_enrolled;
GRANT SELECT (scope, subject) ON pauses TO gantry_enrolled;
GRANT SELECT (scope, subject, max_running) ON concurrency_limits TO gantry_enrolled;
GRANT INSERT (id, name, state, queues, kinds, concurrency, version, lease_expires_at),
    UPDATE (state, heartbeat_at, lease_expires_at) ON workers TO gantry_enrolled;
GRANT UPDATE (state, attempt, dispatch, log_seq, worker_id, queued_at, run_at, started_at, finished_at, error, progress, result)
    ON jobs TO gantry_enrolled;
GRANT INSERT (job_id, attempt, tenant_id, worker_id, outcome, started_at, error) ON job_attempts TO gantry_enrolled;
GRANT INSERT (job_id, attempt, seq, tenant_id, at, stream, level, text) ON job_logs TO gantry_enrolled;
