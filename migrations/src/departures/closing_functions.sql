-- An account that is to be closed, or nothing: one whose time has come, or that the identity provider has deleted; and once
-- more ten minutes later, when every process has forgotten that the person was let in, for what was made meanwhile.
CREATE FUNCTION next_account_to_close() RETURNS uuid
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
            WHERE public.is_to_be_closed(account_deletions) AND next_try_at <= now()
            ORDER BY next_try_at, user_id LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING user_id INTO person;
    RETURN person;
END
$$;

-- Closes such an account: nobody comes in under it any more, its keys are of no use, and what goes with it stands still. Says
-- whether it was to be closed.
CREATE FUNCTION close_account(person uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
BEGIN
    PERFORM set_config('app.door', 'account', true);
    PERFORM public.lock_directory_entry(person);
    PERFORM FROM public.account_deletions
        WHERE user_id = person AND public.is_to_be_closed(account_deletions) FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM public.end_account(person);
    UPDATE public.account_deletions
        SET closed_again_at = CASE WHEN closed_at IS NOT NULL THEN now() END, closed_at = COALESCE(closed_at, now()),
            next_try_at = now(), failed_tries = 0
        WHERE user_id = person;
    RETURN true;
END
$$;

-- The functions below are for those that close and purge accounts, with their rights.

CREATE FUNCTION is_to_be_closed(account account_deletions) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN account.closed_at IS NULL THEN account.purge_after <= now() OR account.requested_by = 'provider'
        ELSE account.closed_again_at IS NULL AND account.closed_at <= now() - interval '10 minutes' END;

-- A notice of the provider locks the entry of a person before it writes of their account; so does whoever calls this first.
CREATE FUNCTION lock_directory_entry(person uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO public.directory_entries (kind, id) VALUES ('user', person) ON CONFLICT DO NOTHING;
    PERFORM FROM public.directory_entries WHERE kind = 'user' AND id = person FOR UPDATE;
END
$$;

-- Ends what is a person's and could go on. Done again, it ends what was made since.
CREATE FUNCTION end_account(person uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    former_tenants uuid[];
BEGIN
    WITH buried AS (
        UPDATE public.directory_entries SET changed_at = COALESCE(changed_at, now()), deleted_at = now()
        WHERE kind = 'user' AND id = person AND deleted_at IS NULL RETURNING id
    )
    INSERT INTO public.audit_events (id, actor_kind, action, resource_id)
        SELECT public.new_audit_event_id(), 'gantry', 'account.deleted', id::text FROM buried;
    -- First of all: whoever changes members locks the tenant's row first too.
    WITH heirs AS (SELECT * FROM public.replace_last_owner(person))
    INSERT INTO public.audit_events (id, tenant_id, actor_kind, action, resource_id, detail)
        SELECT public.new_audit_event_id(), tenant_id, 'gantry', 'member.role_changed', user_id::text,
            jsonb_build_object('from', former_role, 'to', 'owner')
        FROM heirs;
    WITH revoked AS (
        UPDATE public.api_keys SET revoked_at = now() WHERE created_by = person AND revoked_at IS NULL
        RETURNING id, tenant_id
    )
    INSERT INTO public.audit_events (id, tenant_id, actor_kind, action, resource_id)
        SELECT public.new_audit_event_id(), tenant_id, 'gantry', 'api_key.revoked', id::text FROM revoked;
    WITH withdrawn AS (
        DELETE FROM public.enrol_tokens WHERE created_by = person AND used_at IS NULL RETURNING id, tenant_id
    )
    INSERT INTO public.audit_events (id, tenant_id, actor_kind, action, resource_id)
        SELECT public.new_audit_event_id(), tenant_id, 'gantry', 'enrol_token.withdrawn', id::text FROM withdrawn;
    WITH ended AS (
        DELETE FROM public.memberships WHERE user_id = person RETURNING tenant_id, role
    ), noted AS (
        INSERT INTO public.audit_events (id, tenant_id, actor_kind, action, resource_id, detail)
            SELECT public.new_audit_event_id(), tenant_id, 'gantry', 'member.removed', person::text,
                jsonb_build_object('role', role)
            FROM ended
    )
    SELECT array_agg(tenant_id) INTO former_tenants FROM ended;
    UPDATE public.account_deletions
        SET departing_tenant_ids = ARRAY (
            SELECT unnest(departing_tenant_ids) UNION SELECT own_tenant_id
            UNION SELECT id FROM public.tenants WHERE id = ANY (former_tenants) AND public.is_nobodys(id))
        WHERE user_id = person;
    PERFORM public.end_tenant(tenant) FROM public.account_deletions, unnest(departing_tenant_ids) AS tenant
        WHERE user_id = person;
    UPDATE public.schedules SET created_by = '00000000-0000-0000-0000-000000000000' WHERE created_by = person;
END
$$;

-- Whether people made the tenant, and nobody is left who owns it or ever acted in it.
CREATE FUNCTION is_nobodys(tenant uuid) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    RETURN EXISTS (SELECT FROM public.tenants WHERE id = tenant AND issuer = 'gantry') AND NOT EXISTS (
        SELECT FROM public.memberships
        WHERE tenant_id = tenant AND (accepted_at IS NOT NULL OR role = 'owner') AND NOT EXISTS (
            SELECT FROM public.directory_entries
            WHERE kind = 'user' AND id = memberships.user_id AND deleted_at IS NOT NULL));

-- Stops a tenant that goes with a person: nobody acts in it, its machines are put out, and nothing of it begins any more.
CREATE FUNCTION end_tenant(tenant uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    WITH deleted AS (
        UPDATE public.tenants SET deleted_at = now(), updated_at = now()
        WHERE id = tenant AND issuer = 'gantry' AND deleted_at IS NULL RETURNING id
    )
    INSERT INTO public.audit_events (id, tenant_id, actor_kind, action, resource_id)
        SELECT public.new_audit_event_id(), id, 'gantry', 'tenant.deleted', id::text FROM deleted;
    WITH revoked AS (
        UPDATE public.worker_tokens SET revoked_at = now() WHERE tenant_id = tenant AND revoked_at IS NULL
        RETURNING id, tenant_id
    )
    INSERT INTO public.audit_events (id, tenant_id, actor_kind, action, resource_id)
        SELECT public.new_audit_event_id(), tenant_id, 'gantry', 'worker_token.revoked', id::text FROM revoked;
    -- What a machine holds is passed over: its sessions end only once the API sees that its token is revoked, and this is done
    -- again.
    UPDATE public.workers SET state = 'stopped', lease_expires_at = now() WHERE id = ANY (ARRAY (
        SELECT workers.id FROM public.workers JOIN public.worker_tokens ON workers.token_id = worker_tokens.id
        WHERE worker_tokens.tenant_id = tenant AND workers.state IN ('active', 'draining')
        FOR UPDATE OF workers SKIP LOCKED));
    WITH withdrawn AS (
        DELETE FROM public.enrol_tokens WHERE tenant_id = tenant RETURNING id, tenant_id, used_at
    )
    INSERT INTO public.audit_events (id, tenant_id, actor_kind, action, resource_id)
        SELECT public.new_audit_event_id(), tenant_id, 'gantry', 'enrol_token.withdrawn', id::text
        FROM withdrawn WHERE used_at IS NULL;
    DELETE FROM public.schedules WHERE tenant_id = tenant;
    INSERT INTO public.pauses (scope, subject, reason, paused_by, paused_by_name)
        VALUES ('tenant', tenant::text, 'The account has ended.', '00000000-0000-0000-0000-000000000000', 'Gantry')
        ON CONFLICT (scope, subject) DO NOTHING;
    -- The newest; older ones do not begin either, and end when they are removed.
    PERFORM public.end_jobs(ARRAY (SELECT id FROM public.jobs WHERE tenant_id = tenant ORDER BY id DESC LIMIT 2000));
END
$$;

-- Cancels those of the jobs that wait, and asks for the end of those that run; passes over what somebody holds.
CREATE FUNCTION end_jobs(job_ids uuid[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    free_jobs uuid[] := ARRAY (
        SELECT id FROM public.jobs
        WHERE id = ANY (job_ids) AND (state IN ('scheduled', 'queued') OR state = 'running' AND cancel_requested_at IS NULL)
        ORDER BY id FOR UPDATE SKIP LOCKED);
BEGIN
    UPDATE public.jobs SET cancel_requested_at = now()
        WHERE id = ANY (free_jobs) AND state = 'running' AND cancel_requested_at IS NULL;
    UPDATE public.jobs SET state = 'cancelled', finished_at = now(), queued_at = NULL, cancel_requested_at = now(),
            error = '{"code": "cancelled", "message": "The account has ended."}'
        WHERE id = ANY (free_jobs) AND state IN ('scheduled', 'queued');
END
$$;

REVOKE ALL ON FUNCTION next_account_to_close(), close_account(uuid), lock_directory_entry(uuid), end_account(uuid),
    is_nobodys(uuid), end_tenant(uuid), end_jobs(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION next_account_to_close(), close_account(uuid) TO gantry_worker;
