-- Closes at most a hundred accounts whose time has come: nobody comes in under them any more, their keys are of no use, and
-- what runs in their own space is told to end. Those that the identity provider has deleted are closed at once. Says how many.
CREATE FUNCTION close_due_accounts() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    due record;
    closed integer := 0;
BEGIN
    PERFORM set_config('app.door', 'account', true);
    FOR due IN
        SELECT user_id, own_tenant_id FROM public.account_deletions
        WHERE closed_at IS NULL AND (purge_after <= now() OR requested_by = 'provider')
        ORDER BY purge_after LIMIT 100 FOR UPDATE SKIP LOCKED
    LOOP
        INSERT INTO public.directory_entries (kind, id, changed_at, deleted_at) VALUES ('user', due.user_id, now(), now())
            ON CONFLICT (kind, id) DO UPDATE SET deleted_at = COALESCE(directory_entries.deleted_at, now());
        UPDATE public.api_keys SET revoked_at = now() WHERE created_by = due.user_id AND revoked_at IS NULL;
        -- Where the person was the last owner, who has belonged there the longest follows: an admin, or else a member.
        WITH heirs AS (
            SELECT DISTINCT ON (heir.tenant_id) heir.tenant_id, heir.user_id, heir.role
            FROM public.memberships AS leaving JOIN public.memberships AS heir USING (tenant_id)
            WHERE leaving.user_id = due.user_id AND leaving.role = 'owner' AND leaving.source = 'gantry'
                AND heir.user_id <> due.user_id AND heir.role IN ('admin', 'member')
                AND NOT EXISTS (SELECT FROM public.memberships AS owner WHERE owner.tenant_id = heir.tenant_id
                    AND owner.role = 'owner' AND owner.user_id <> due.user_id)
                AND NOT EXISTS (SELECT FROM public.directory_entries
                    WHERE kind = 'user' AND id = heir.user_id AND deleted_at IS NOT NULL)
            ORDER BY heir.tenant_id, heir.role = 'admin' DESC, heir.created_at, heir.user_id
        ), promoted AS (
            UPDATE public.memberships SET role = 'owner', updated_at = now() FROM heirs
            WHERE memberships.tenant_id = heirs.tenant_id AND memberships.user_id = heirs.user_id
            RETURNING memberships.tenant_id, memberships.user_id, heirs.role AS former_role
        )
        INSERT INTO public.audit_events (id, tenant_id, actor_kind, action, resource_id, detail)
            -- A UUIDv7, as every entry has, so that the log stays in order.
            SELECT (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
                    || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid,
                tenant_id, 'gantry', 'member.role_changed', user_id::text,
                jsonb_build_object('from', former_role, 'to', 'owner')
            FROM promoted;
        -- Machines of the person's own space stop.
        UPDATE public.worker_tokens SET revoked_at = now() WHERE tenant_id = due.own_tenant_id AND revoked_at IS NULL;
        DELETE FROM public.enrol_tokens
            WHERE tenant_id = due.own_tenant_id OR created_by = due.user_id AND used_at IS NULL;
        -- A tenant that the person alone belonged to is nobody's any more.
        WITH left_tenants AS (
            DELETE FROM public.memberships WHERE user_id = due.user_id RETURNING tenant_id
        )
        UPDATE public.tenants SET deleted_at = now(), updated_at = now()
        FROM left_tenants
        WHERE tenants.id = left_tenants.tenant_id AND issuer = 'gantry' AND deleted_at IS NULL AND NOT EXISTS (
            SELECT FROM public.memberships
            WHERE memberships.tenant_id = tenants.id AND memberships.user_id <> due.user_id);
        DELETE FROM public.schedules WHERE tenant_id = due.own_tenant_id;
        UPDATE public.jobs SET cancel_requested_at = now()
            WHERE tenant_id = due.own_tenant_id AND state = 'running' AND cancel_requested_at IS NULL;
        UPDATE public.account_deletions SET closed_at = now() WHERE user_id = due.user_id;
        closed := closed + 1;
    END LOOP;
    RETURN closed;
END
$$;

-- Removes a piece of an account that was closed two hours ago or longer: by then every process has forgotten that the person
-- was let in, and every key in Redis that names the person or a job of theirs has expired. Answers `working` while there is
-- more of it, `purged` when it was the last of it, `waiting` while something of it runs still, and `idle` when no account is
-- due.
CREATE FUNCTION purge_account_piece(most integer) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    due record;
    reached uuid;
    gone bigint;
BEGIN
    PERFORM set_config('app.door', 'account', true);
    SELECT * INTO due FROM public.account_deletions
        WHERE closed_at <= now() - interval '2 hours' AND purge_after <= now()
            AND NOT EXISTS (SELECT FROM public.jobs WHERE tenant_id = own_tenant_id AND state = 'running')
        ORDER BY purge_after LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN CASE WHEN EXISTS (SELECT FROM public.account_deletions
            WHERE closed_at <= now() - interval '2 hours' AND purge_after <= now()) THEN 'waiting' ELSE 'idle' END;
    END IF;

    -- The person's own space: everything.
    DELETE FROM public.job_logs USING (
        SELECT of_job.* FROM public.jobs CROSS JOIN LATERAL (
            SELECT job_id, attempt, seq FROM public.job_logs WHERE job_logs.job_id = jobs.id LIMIT most
        ) AS of_job
        WHERE jobs.tenant_id = due.own_tenant_id LIMIT most
    ) AS found
    WHERE job_logs.job_id = found.job_id AND job_logs.attempt = found.attempt AND job_logs.seq = found.seq;
    GET DIAGNOSTICS gone = ROW_COUNT;
    IF gone > 0 THEN
        PERFORM public.note_removed(due.user_id, 'log_lines', gone);
        RETURN 'working';
    END IF;
    DELETE FROM public.jobs WHERE id IN (
        SELECT id FROM public.jobs WHERE tenant_id = due.own_tenant_id ORDER BY id LIMIT most);
    GET DIAGNOSTICS gone = ROW_COUNT;
    IF gone > 0 THEN
        PERFORM public.note_removed(due.user_id, 'jobs', gone);
        RETURN 'working';
    END IF;

    -- Others' tenants: their jobs stay, and no longer say whose they were.
    SELECT id INTO reached FROM (
        SELECT id FROM public.jobs WHERE id > due.anonymised_until ORDER BY id LIMIT 5 * most) AS next
        ORDER BY id DESC LIMIT 1;
    IF reached IS NOT NULL THEN
        UPDATE public.jobs SET
            created_by = CASE WHEN created_by = due.user_id THEN '00000000-0000-0000-0000-000000000000' ELSE created_by END,
            error = CASE WHEN error #>> '{detail,cancelled_by}' = due.user_id::text
                THEN (error #- '{detail,cancelled_by}') || '{"message": "Cancelled by someone who has left."}' ELSE error END
        WHERE id > due.anonymised_until AND id <= reached
            AND (created_by = due.user_id OR error #>> '{detail,cancelled_by}' = due.user_id::text);
        GET DIAGNOSTICS gone = ROW_COUNT;
        UPDATE public.account_deletions SET anonymised_until = reached WHERE user_id = due.user_id;
        PERFORM public.note_removed(due.user_id, 'names_in_jobs', gone);
        RETURN 'working';
    END IF;
    UPDATE public.schedules SET created_by = '00000000-0000-0000-0000-000000000000' WHERE created_by = due.user_id;
    UPDATE public.pauses SET paused_by = '00000000-0000-0000-0000-000000000000', paused_by_name = 'someone who has left'
        WHERE paused_by = due.user_id;
    UPDATE public.concurrency_limits SET set_by = '00000000-0000-0000-0000-000000000000' WHERE set_by = due.user_id;
    UPDATE public.audit_events SET source_address = NULL
        WHERE actor_id = due.user_id::text AND source_address IS NOT NULL;

    UPDATE public.enrol_tokens SET created_by = '00000000-0000-0000-0000-000000000000' WHERE created_by = due.user_id;
    UPDATE public.worker_tokens SET created_by = '00000000-0000-0000-0000-000000000000' WHERE created_by = due.user_id;
    UPDATE public.worker_tokens SET revoked_by = NULL WHERE revoked_by = due.user_id;
    UPDATE public.tenant_queues SET claimed_by = '00000000-0000-0000-0000-000000000000' WHERE claimed_by = due.user_id;

    -- What is the person's wherever it is, and then the person.
    DELETE FROM public.worker_tokens WHERE tenant_id = due.own_tenant_id AND closed_at IS NOT NULL;
    DELETE FROM public.tenant_queues WHERE tenant_id = due.own_tenant_id;
    DELETE FROM public.idempotency_keys WHERE tenant_id = due.own_tenant_id;
    DELETE FROM public.tenant_retention WHERE tenant_id = due.own_tenant_id;
    DELETE FROM public.audit_events WHERE tenant_id = due.own_tenant_id;
    DELETE FROM public.concurrency_limits WHERE scope = 'tenant' AND subject = due.own_tenant_id::text;
    DELETE FROM public.pauses WHERE subject IN (due.own_tenant_id::text, due.user_id::text);
    DELETE FROM public.account_exports WHERE user_id = due.user_id;
    DELETE FROM public.profiles WHERE user_id = due.user_id OR tenant_id = due.own_tenant_id;
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM public.note_removed(due.user_id, 'profiles', gone);
    DELETE FROM public.api_keys WHERE created_by = due.user_id OR tenant_id = due.own_tenant_id;
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM public.note_removed(due.user_id, 'api_keys', gone);
    DELETE FROM public.memberships WHERE user_id = due.user_id OR tenant_id = due.own_tenant_id;
    DELETE FROM public.tenants WHERE id = due.own_tenant_id;
    DELETE FROM public.users WHERE id = due.user_id;
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM public.note_removed(due.user_id, 'accounts', gone);
    INSERT INTO public.deletion_receipts (id, requested_by, requested_at, removed)
        SELECT receipt_id, requested_by, requested_at, removed FROM public.account_deletions WHERE user_id = due.user_id;
    DELETE FROM public.account_deletions WHERE user_id = due.user_id;
    RETURN 'purged';
END
$$;

-- Counts what was removed, for the receipt. For the functions here alone.
CREATE FUNCTION note_removed(person uuid, what text, count bigint) RETURNS void
    LANGUAGE sql
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    UPDATE public.account_deletions
    SET removed = removed || jsonb_build_object(what, COALESCE((removed ->> what)::bigint, 0) + count)
    WHERE user_id = person;
END;

REVOKE ALL ON FUNCTION close_due_accounts(), purge_account_piece(integer), note_removed(uuid, text, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION close_due_accounts(), purge_account_piece(integer) TO gantry_worker;
