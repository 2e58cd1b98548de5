-- An account whose time to be closed has come, or nothing. Those that the identity provider has deleted are closed at once.
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
            WHERE closed_at IS NULL AND (purge_after <= now() OR requested_by = 'provider') AND next_try_at <= now()
            ORDER BY next_try_at, user_id LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING user_id INTO person;
    RETURN person;
END
$$;

-- Closes an account whose time has come: nobody comes in under it any more, its keys are of no use, and what runs in the
-- person's own space is told to end. Says whether it was to be closed.
CREATE FUNCTION close_account(person uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    own_space uuid;
BEGIN
    PERFORM set_config('app.door', 'account', true);
    SELECT own_tenant_id INTO own_space FROM public.account_deletions
        WHERE user_id = person AND closed_at IS NULL AND (purge_after <= now() OR requested_by = 'provider')
        FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO public.directory_entries (kind, id, changed_at, deleted_at) VALUES ('user', person, now(), now())
        ON CONFLICT (kind, id) DO UPDATE SET deleted_at = COALESCE(directory_entries.deleted_at, now());
    UPDATE public.api_keys SET revoked_at = now() WHERE created_by = person AND revoked_at IS NULL;
    -- Where the person was the last owner, who has belonged there the longest follows: an admin, or else a member.
    WITH heirs AS (
        SELECT DISTINCT ON (heir.tenant_id) heir.tenant_id, heir.user_id, heir.role
        FROM public.memberships AS leaving JOIN public.memberships AS heir USING (tenant_id)
        WHERE leaving.user_id = person AND leaving.role = 'owner' AND leaving.source = 'gantry'
            AND heir.user_id <> person AND heir.role IN ('admin', 'member')
            AND NOT EXISTS (SELECT FROM public.memberships AS owner WHERE owner.tenant_id = heir.tenant_id
                AND owner.role = 'owner' AND owner.user_id <> person)
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
    UPDATE public.worker_tokens SET revoked_at = now() WHERE tenant_id = own_space AND revoked_at IS NULL;
    DELETE FROM public.enrol_tokens
        WHERE tenant_id = own_space OR created_by = person AND used_at IS NULL;
    -- A tenant that the person alone belonged to is nobody's any more.
    WITH left_tenants AS (
        DELETE FROM public.memberships WHERE user_id = person RETURNING tenant_id
    )
    UPDATE public.tenants SET deleted_at = now(), updated_at = now()
    FROM left_tenants
    WHERE tenants.id = left_tenants.tenant_id AND issuer = 'gantry' AND deleted_at IS NULL AND NOT EXISTS (
        SELECT FROM public.memberships
        WHERE memberships.tenant_id = tenants.id AND memberships.user_id <> person);
    DELETE FROM public.schedules WHERE tenant_id = own_space;
    UPDATE public.jobs SET cancel_requested_at = now()
        WHERE tenant_id = own_space AND state = 'running' AND cancel_requested_at IS NULL;
    UPDATE public.schedules SET created_by = '00000000-0000-0000-0000-000000000000' WHERE created_by = person;
    UPDATE public.account_deletions SET closed_at = now(), next_try_at = now(), failed_tries = 0 WHERE user_id = person;
    RETURN true;
END
$$;

REVOKE ALL ON FUNCTION next_account_to_close(), close_account(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION next_account_to_close(), close_account(uuid) TO gantry_worker;
