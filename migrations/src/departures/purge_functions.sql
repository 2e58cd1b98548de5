-- An account of which a piece can be removed now, or nothing: one that was closed two hours ago or longer, for by then every
-- process has forgotten that the person was let in, and every key in Redis that names the person or a job of theirs has
-- expired. Accounts take turns, so that a large one holds up no other.
CREATE FUNCTION next_account_to_purge() RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    person uuid;
BEGIN
    PERFORM set_config('app.door', 'account', true);
    UPDATE public.account_deletions
        SET next_try_at = now() + least(failed_tries + 1, 60) * interval '1 minute', failed_tries = failed_tries + 1
        WHERE user_id = (
            SELECT user_id FROM public.account_deletions
            WHERE public.is_to_be_purged(account_deletions) AND next_try_at <= now()
            ORDER BY next_try_at, user_id LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING user_id INTO person;
    RETURN person;
END
$$;

-- Removes a piece of such an account, about `most` rows. Answers `working` while there is more of it, `purged` when it was the
-- last of it, and `waiting` while something must end first; then it is looked at again in a minute.
CREATE FUNCTION purge_account_piece(person uuid, most integer) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    due record;
    answer text;
BEGIN
    PERFORM set_config('app.door', 'account', true);
    PERFORM public.lock_directory_entry(person);
    PERFORM FROM public.account_deletions
        WHERE user_id = person AND public.is_to_be_purged(account_deletions) FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'waiting';
    END IF;
    -- Also what somebody made who was still let in at the end, and what somebody resumed since.
    PERFORM public.end_account(person);
    SELECT * INTO due FROM public.account_deletions WHERE user_id = person;
    answer := COALESCE(
        public.purge_jobs(person, due.departing_tenant_ids, most),
        -- A machine may still be logged in; and for an hour the API sees to it that no process that stalled lets one in anew.
        (SELECT 'waiting' FROM public.worker_tokens
            WHERE tenant_id = ANY (due.departing_tenant_ids)
                AND (closed_at IS NULL OR closed_at > now() - interval '1 hour') LIMIT 1),
        -- What is newer than the forgetting carries no name: nothing was made under it any more.
        public.anonymise_jobs(person, due.anonymised_until, public.lowest_job_id(due.closed_at + interval '2 hours'), most),
        public.anonymise_audit_events(person, most),
        public.purge_waiting_profiles(person, most),
        public.purge_rows_of_tenants(person, due.departing_tenant_ids, most),
        public.purge_person(person));
    UPDATE public.account_deletions
        SET next_try_at = now() + CASE answer WHEN 'waiting' THEN interval '1 minute' ELSE interval '0' END, failed_tries = 0
        WHERE user_id = person;
    RETURN answer;
END
$$;

-- The functions below are for those above alone, with their rights.

CREATE FUNCTION is_to_be_purged(account account_deletions) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    RETURN account.closed_at <= now() - interval '2 hours' AND account.purge_after <= now();

-- Of those that follow each answers nothing when there is nothing left for it.

-- Removes the oldest jobs of a tenant, with their lines. What runs is told to end and waited for, and so are statements that
-- may still be writing lines of a run that has just ended; none lasts for ten minutes.
CREATE FUNCTION purge_jobs(person uuid, departing uuid[], most integer) RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    account record;
    tenant uuid;
    after uuid;
    next_jobs uuid[];
    is_waiting boolean := false;
    gone bigint;
BEGIN
    SELECT purged_until, closed_at INTO account FROM public.account_deletions WHERE user_id = person;
    FOREACH tenant IN ARRAY departing LOOP
        -- Behind those of pieces before, which Postgres would otherwise step over one by one until a vacuum; but what was
        -- made about the closing, by whatever clock, is looked for each time.
        after := least(
            COALESCE((account.purged_until ->> tenant::text)::uuid, '00000000-0000-0000-0000-000000000000'),
            public.lowest_job_id(account.closed_at - interval '1 day'));
        next_jobs := ARRAY (
            SELECT id FROM public.jobs WHERE tenant_id = tenant AND id > after ORDER BY id LIMIT most);
        CONTINUE WHEN cardinality(next_jobs) = 0;
        PERFORM public.end_jobs(next_jobs);
        DELETE FROM public.job_logs USING (
            SELECT line.* FROM unnest(next_jobs) AS job (id) CROSS JOIN LATERAL (
                SELECT job_id, attempt, seq FROM public.job_logs WHERE job_logs.job_id = job.id LIMIT most
            ) AS line
            LIMIT most
        ) AS found
        WHERE job_logs.job_id = found.job_id AND job_logs.attempt = found.attempt AND job_logs.seq = found.seq;
        GET DIAGNOSTICS gone = ROW_COUNT;
        PERFORM public.note_removed(person, 'log_lines', gone);
        IF gone = most THEN
            RETURN 'working';
        END IF;
        DELETE FROM public.jobs
            WHERE id = ANY (next_jobs) AND finished_at IS NOT NULL
                AND (started_at IS NULL OR finished_at <= now() - interval '10 minutes');
        GET DIAGNOSTICS gone = ROW_COUNT;
        PERFORM public.note_removed(person, 'jobs', gone);
        IF gone = cardinality(next_jobs) THEN
            UPDATE public.account_deletions
                SET purged_until = purged_until || jsonb_build_object(tenant::text, next_jobs[gone])
                WHERE user_id = person;
        END IF;
        IF gone > 0 THEN
            RETURN 'working';
        END IF;
        is_waiting := true;
    END LOOP;
    RETURN CASE WHEN is_waiting THEN 'waiting' END;
END
$$;

-- Takes the person's name out of others' jobs, which stay, up to `until`.
CREATE FUNCTION anonymise_jobs(person uuid, after uuid, until uuid, most integer) RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    nobody constant uuid := '00000000-0000-0000-0000-000000000000';
    reached uuid;
    changed bigint;
BEGIN
    SELECT id INTO reached FROM (
        SELECT id FROM public.jobs WHERE id > after AND id <= until ORDER BY id LIMIT 5 * most) AS next
        ORDER BY id DESC LIMIT 1;
    IF reached IS NULL THEN
        RETURN NULL;
    END IF;
    -- Its result will say for whom it ran.
    IF EXISTS (SELECT FROM public.jobs WHERE id > after AND id <= reached AND created_by = person
        AND kind = 'system.ping' AND state = 'running')
    THEN
        RETURN 'waiting';
    END IF;
    UPDATE public.jobs SET
        created_by = CASE WHEN created_by = person THEN nobody ELSE created_by END,
        result = CASE WHEN kind = 'system.ping' AND result ->> 'created_by' = person::text
            THEN result || jsonb_build_object('created_by', nobody) ELSE result END,
        error = CASE WHEN error #>> '{detail,cancelled_by}' = person::text
            THEN (error #- '{detail,cancelled_by}') || '{"message": "Cancelled by someone who has left."}' ELSE error END
    WHERE id > after AND id <= reached
        AND (created_by = person OR error #>> '{detail,cancelled_by}' = person::text);
    GET DIAGNOSTICS changed = ROW_COUNT;
    UPDATE public.account_deletions SET anonymised_until = reached WHERE user_id = person;
    PERFORM public.note_removed(person, 'names_in_jobs', changed);
    RETURN 'working';
END
$$;

-- Takes the addresses out of what the audit log says that the person, their keys and the machines they let in did, and the
-- names of their keys.
CREATE FUNCTION anonymise_audit_events(person uuid, most integer) RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    keys text[] := ARRAY (SELECT id::text FROM public.api_keys WHERE created_by = person);
    actors text[] := person::text || keys || ARRAY (SELECT id::text FROM public.worker_tokens WHERE created_by = person);
    after uuid := (SELECT audited_until FROM public.account_deletions WHERE user_id = person);
    next_events uuid[] := ARRAY (
        SELECT done.id FROM unnest(actors) AS actor (id) CROSS JOIN LATERAL (
            SELECT audit_events.id FROM public.audit_events
            WHERE actor_id = actor.id AND audit_events.id > after ORDER BY audit_events.id LIMIT most
        ) AS done
        ORDER BY done.id LIMIT most);
BEGIN
    IF cardinality(next_events) = 0 THEN
        RETURN NULL;
    END IF;
    UPDATE public.audit_events SET source_address = NULL,
            detail = CASE WHEN resource_id = ANY (keys) THEN detail - 'name' ELSE detail END
        WHERE id = ANY (next_events) AND (source_address IS NOT NULL OR resource_id = ANY (keys) AND detail ? 'name');
    UPDATE public.account_deletions SET audited_until = next_events[cardinality(next_events)] WHERE user_id = person;
    RETURN 'working';
END
$$;

-- Removes profiles that waited for the person's address in whatever tenant while the account was there, unless somebody else
-- has that address now, who may come for them.
CREATE FUNCTION purge_waiting_profiles(person uuid, most integer) RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- Folded as the services fold addresses: ASCII letters alone.
    address text := (SELECT lower(email COLLATE "C") FROM public.users WHERE id = person);
    closed timestamptz := (SELECT closed_at FROM public.account_deletions WHERE user_id = person);
    gone bigint;
BEGIN
    IF EXISTS (SELECT FROM public.users WHERE lower(email COLLATE "C") = address AND id <> person) THEN
        RETURN NULL;
    END IF;
    WITH deleted AS (
        DELETE FROM public.profiles WHERE id = ANY (ARRAY (
            SELECT id FROM public.profiles
            WHERE email_folded = address AND user_id IS NULL AND created_at <= closed LIMIT most))
        RETURNING id, tenant_id
    )
    INSERT INTO public.audit_events (id, tenant_id, actor_kind, action, resource_id)
        SELECT public.new_audit_event_id(), tenant_id, 'gantry', 'profile.deleted', id::text FROM deleted;
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM public.note_removed(person, 'profiles', gone);
    RETURN CASE WHEN gone > 0 THEN 'working' END;
END
$$;

-- Removes what else is theirs of the tenants that go with the person.
CREATE FUNCTION purge_rows_of_tenants(person uuid, departing uuid[], most integer) RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    table_name text;
    gone bigint;
BEGIN
    DELETE FROM public.workers WHERE id = ANY (ARRAY (
        SELECT workers.id FROM public.worker_tokens JOIN public.workers ON workers.token_id = worker_tokens.id
        WHERE worker_tokens.tenant_id = ANY (departing) LIMIT most));
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM public.note_removed(person, 'workers', gone);
    IF gone = most THEN
        RETURN 'working';
    END IF;
    FOREACH table_name IN ARRAY ARRAY['audit_events', 'idempotency_keys', 'profiles', 'api_keys', 'worker_tokens',
        'tenant_queues', 'tenant_retention', 'memberships']
    LOOP
        EXECUTE format('DELETE FROM public.%1$I WHERE ctid = ANY (ARRAY (
            SELECT ctid FROM public.%1$I WHERE tenant_id = ANY ($1) LIMIT $2))', table_name) USING departing, most;
        GET DIAGNOSTICS gone = ROW_COUNT;
        PERFORM public.note_removed(person, table_name, gone);
        IF gone = most THEN
            RETURN 'working';
        END IF;
    END LOOP;
    DELETE FROM public.concurrency_limits WHERE scope = 'tenant' AND subject = ANY (departing::text[]);
    DELETE FROM public.pauses WHERE scope = 'tenant' AND subject = ANY (departing::text[]);
    DELETE FROM public.tenants WHERE id = ANY (departing);
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM public.note_removed(person, 'tenants', gone);
    RETURN NULL;
END
$$;

-- Removes what is the person's wherever it is, and then the person.
CREATE FUNCTION purge_person(person uuid) RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    nobody constant uuid := '00000000-0000-0000-0000-000000000000';
    gone bigint;
BEGIN
    UPDATE public.pauses SET paused_by = nobody, paused_by_name = 'someone who has left' WHERE paused_by = person;
    UPDATE public.concurrency_limits SET set_by = nobody WHERE set_by = person;
    UPDATE public.enrol_tokens SET created_by = nobody WHERE created_by = person;
    UPDATE public.worker_tokens SET created_by = nobody WHERE created_by = person;
    UPDATE public.worker_tokens SET revoked_by = NULL WHERE revoked_by = person;
    UPDATE public.tenant_queues SET claimed_by = nobody WHERE claimed_by = person;
    UPDATE public.api_keys SET revoked_by = NULL WHERE revoked_by = person;
    -- A late notice finds that the membership is gone, and nothing else.
    UPDATE public.directory_entries SET external_id = NULL, user_id = NULL, deleted_at = COALESCE(deleted_at, now())
        WHERE kind = 'membership' AND user_id = person;

    DELETE FROM public.pauses WHERE scope = 'user' AND subject = person::text;
    DELETE FROM public.account_exports WHERE user_id = person;
    WITH deleted AS (DELETE FROM public.profiles WHERE user_id = person RETURNING id, tenant_id)
    INSERT INTO public.audit_events (id, tenant_id, actor_kind, action, resource_id)
        SELECT public.new_audit_event_id(), tenant_id, 'gantry', 'profile.deleted', id::text FROM deleted;
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM public.note_removed(person, 'profiles', gone);
    DELETE FROM public.api_keys WHERE created_by = person;
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM public.note_removed(person, 'api_keys', gone);
    DELETE FROM public.memberships WHERE user_id = person;
    DELETE FROM public.users WHERE id = person;
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM public.note_removed(person, 'accounts', gone);
    INSERT INTO public.deletion_receipts (id, requested_by, requested_at, removed)
        SELECT receipt_id, requested_by, requested_at, removed FROM public.account_deletions WHERE user_id = person;
    DELETE FROM public.account_deletions WHERE user_id = person;
    RETURN 'purged';
END
$$;

-- Counts what was removed, for the receipt.
CREATE FUNCTION note_removed(person uuid, what text, count bigint) RETURNS void
    LANGUAGE sql
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    UPDATE public.account_deletions
    SET removed = removed || jsonb_build_object(what, COALESCE((removed ->> what)::bigint, 0) + count)
    WHERE user_id = person AND count > 0;
END;

REVOKE ALL ON FUNCTION next_account_to_purge(), purge_account_piece(uuid, integer), purge_jobs(uuid, uuid[], integer),
    anonymise_jobs(uuid, uuid, uuid, integer), anonymise_audit_events(uuid, integer), purge_waiting_profiles(uuid, integer),
    purge_rows_of_tenants(uuid, uuid[], integer), purge_person(uuid), note_removed(uuid, text, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION next_account_to_purge(), purge_account_piece(uuid, integer) TO gantry_worker;
