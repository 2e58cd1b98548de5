-- What is a person's, a page of one section at a time: those items after `after` in their own order, with the place of each.
-- Of tenants that the person may enter no longer it tells of jobs and schedules only that they were made, and gives no logs.
-- Only for a running job of an export that the person has asked for; whose data it gives, the job says and not the caller. A
-- page holds 500 items and a MiB at most, but one item at least; a large result is left out and told by its path. Jobs have
-- no index by person, so a page looks through 20,000 of them at most; where it finds nothing in those, it is a single place
-- without an item, from which to go on.
CREATE FUNCTION account_export_page(running_job uuid, section text, after text)
    RETURNS TABLE (place text, item jsonb)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    person uuid;
    -- The first job of the export: what is newer is not part of it.
    last_id uuid;
    own_space uuid;
    -- In which the person was when they asked.
    entered uuid;
    enterable uuid[];
    actors text[];
    after_id uuid := '00000000-0000-0000-0000-000000000000';
    after_attempt integer := 0;
    after_seq bigint := 0;
    end_id uuid;
BEGIN
    PERFORM set_config('app.door', 'account', true);
    SELECT jobs.created_by, asked.job_id, asked.tenant_id, asked.entered_tenant_id
    INTO person, last_id, own_space, entered
    FROM public.jobs JOIN public.account_exports AS asked
        ON asked.job_id = COALESCE((jobs.payload ->> 'export')::uuid, jobs.id)
    WHERE jobs.id = running_job AND jobs.kind = 'people.export' AND jobs.state = 'running'
        AND asked.user_id = jobs.created_by AND asked.tenant_id = jobs.tenant_id;
    IF person IS NULL THEN
        RAISE insufficient_privilege USING MESSAGE = 'no export that its person asked for is run by this job';
    END IF;
    IF after IS NOT NULL THEN
        after_id := split_part(after, '/', 1)::uuid;
        IF section = 'logs' THEN
            after_attempt := split_part(after, '/', 2)::integer;
            after_seq := split_part(after, '/', 3)::bigint;
        END IF;
    END IF;
    -- The own space, where memberships let the person in, and where the provider vouched for them when they asked.
    enterable := own_space || ARRAY (
        SELECT tenants.id FROM public.tenants
        WHERE tenants.deleted_at IS NULL AND (tenants.id = entered AND tenants.issuer <> 'gantry'
            OR tenants.id IN (SELECT memberships.tenant_id FROM public.memberships WHERE memberships.user_id = person)));
    IF section = 'audit_events' THEN
        -- Also what the person's keys and machines did.
        actors := person::text || ARRAY (
            SELECT id::text FROM public.api_keys WHERE created_by = person
            UNION SELECT id::text FROM public.worker_tokens WHERE created_by = person AND tenant_id = ANY (enterable));
    END IF;
    IF section IN ('jobs', 'logs') THEN
        SELECT id INTO end_id FROM (
            SELECT id FROM public.jobs WHERE id > after_id AND id <= last_id ORDER BY id LIMIT 20000) AS next
            ORDER BY id DESC LIMIT 1;
    END IF;
    RETURN QUERY
    SELECT limited.place, limited.item FROM (
        SELECT found.place, found.item, row_number() OVER in_order AS number,
            sum(octet_length(found.item::text)) OVER in_order AS total_bytes
        FROM (
            SELECT 0 AS nth, users.id::text AS place, to_jsonb(users) AS item
            FROM public.users WHERE section = 'account' AND users.id = person AND users.id > after_id
            UNION ALL
            (SELECT row_number() OVER (ORDER BY profiles.id), profiles.id::text, to_jsonb(profiles) - 'email_folded'
             FROM public.profiles WHERE section = 'profiles' AND profiles.user_id = person AND profiles.id > after_id
             ORDER BY profiles.id LIMIT 500)
            UNION ALL
            (SELECT row_number() OVER (ORDER BY memberships.tenant_id), memberships.tenant_id::text,
                to_jsonb(memberships) || jsonb_build_object('tenant_name', tenants.name)
             FROM public.memberships JOIN public.tenants ON tenants.id = memberships.tenant_id
             WHERE section = 'memberships' AND memberships.user_id = person AND memberships.tenant_id > after_id
             ORDER BY memberships.tenant_id LIMIT 500)
            UNION ALL
            (SELECT row_number() OVER (ORDER BY api_keys.id), api_keys.id::text, to_jsonb(api_keys) - 'secret_digest'
             FROM public.api_keys WHERE section = 'api_keys' AND api_keys.created_by = person AND api_keys.id > after_id
             ORDER BY api_keys.id LIMIT 500)
            UNION ALL
            (SELECT row_number() OVER (ORDER BY schedules.id), schedules.id::text,
                CASE WHEN schedules.tenant_id = ANY (enterable) THEN to_jsonb(schedules)
                    ELSE jsonb_build_object('id', schedules.id, 'tenant_id', schedules.tenant_id, 'kind', schedules.kind,
                        'created_at', schedules.created_at)
                END
             FROM public.schedules WHERE section = 'schedules' AND schedules.created_by = person AND schedules.id > after_id
             ORDER BY schedules.id LIMIT 500)
            UNION ALL
            (SELECT row_number() OVER (ORDER BY done.id), done.id::text, to_jsonb(done)
             FROM unnest(actors) AS actor (id) CROSS JOIN LATERAL (
                SELECT * FROM public.audit_events
                WHERE section = 'audit_events' AND audit_events.actor_id = actor.id AND audit_events.id > after_id
                ORDER BY audit_events.id LIMIT 500
             ) AS done
             ORDER BY done.id LIMIT 500)
            UNION ALL
            -- Without the jobs of exports, whose results are what is already here.
            (SELECT row_number() OVER (ORDER BY jobs.id), jobs.id::text,
                CASE WHEN jobs.tenant_id <> ALL (enterable)
                        THEN jsonb_build_object('id', jobs.id, 'tenant_id', jobs.tenant_id, 'kind', jobs.kind,
                            'created_at', jobs.created_at, 'started_at', jobs.started_at, 'finished_at', jobs.finished_at)
                    WHEN octet_length(jobs.result::text) <= 1048576 THEN to_jsonb(jobs)
                    ELSE to_jsonb(jobs) || jsonb_build_object('result', NULL, 'result_at', '/api/v1/jobs/' || jobs.id)
                END
             FROM public.jobs WHERE section = 'jobs' AND jobs.created_by = person AND jobs.id > after_id
                AND jobs.id <= end_id AND jobs.kind <> 'people.export'
             ORDER BY jobs.id LIMIT 50)
            UNION ALL
            (SELECT row_number() OVER (ORDER BY lines.job_id, lines.attempt, lines.seq),
                concat_ws('/', lines.job_id, lines.attempt, lines.seq), to_jsonb(lines)
             FROM (
                SELECT of_job.* FROM public.jobs CROSS JOIN LATERAL (
                    SELECT * FROM public.job_logs WHERE job_logs.job_id = jobs.id
                        AND (job_logs.job_id, job_logs.attempt, job_logs.seq) > (after_id, after_attempt, after_seq)
                    ORDER BY job_logs.job_id, job_logs.attempt, job_logs.seq LIMIT 500
                ) AS of_job
                WHERE section = 'logs' AND jobs.created_by = person AND jobs.kind <> 'people.export'
                    AND jobs.tenant_id = ANY (enterable)
                    AND jobs.id >= after_id AND jobs.id <= COALESCE(end_id, after_id)
                ORDER BY of_job.job_id, of_job.attempt, of_job.seq LIMIT 500
             ) AS lines)
        ) AS found
        WINDOW in_order AS (ORDER BY found.nth)
    ) AS limited
    WHERE limited.number = 1 OR limited.total_bytes <= 1048576
    ORDER BY limited.number;
    IF NOT FOUND AND end_id IS NOT NULL THEN
        place := CASE section WHEN 'logs' THEN end_id || '/2147483647/9223372036854775807' ELSE end_id::text END;
        RETURN NEXT;
    END IF;
END
$$;

REVOKE ALL ON FUNCTION account_export_page(uuid, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account_export_page(uuid, text, text) TO gantry_worker;
