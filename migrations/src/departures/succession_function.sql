-- A UUIDv7, as the services make them for entries of the audit log, so that it stays in order.
CREATE FUNCTION new_audit_event_id() RETURNS uuid
    LANGUAGE sql VOLATILE
    RETURN (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
        || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid;

-- Gives every tenant that people made and that this person alone owned, whose entry is buried, to its longest-standing
-- administrator, or else member, who has ever acted there; rather to one who does not want to leave too. One without either
-- keeps what it has. Says who follows whom. With the caller's rights; it stands here for the provider's notices and for the
-- functions by which people leave.
CREATE FUNCTION replace_last_owner(person uuid)
    RETURNS TABLE (tenant_id uuid, user_id uuid, former_role text)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    -- Whoever changes members locks the tenant's row too, so that nobody counts on an owner who is about to leave.
    PERFORM FROM public.tenants WHERE issuer = 'gantry'
        AND id IN (SELECT memberships.tenant_id FROM public.memberships WHERE memberships.user_id = person)
        ORDER BY id FOR UPDATE;
    RETURN QUERY
    WITH living AS (
        SELECT * FROM public.memberships
        WHERE source = 'gantry' AND memberships.tenant_id IN (
                SELECT leaving.tenant_id FROM public.memberships AS leaving
                    JOIN public.tenants ON tenants.id = leaving.tenant_id
                WHERE leaving.user_id = person AND leaving.role = 'owner' AND tenants.deleted_at IS NULL)
            AND NOT EXISTS (
                SELECT FROM public.directory_entries
                WHERE kind = 'user' AND id = memberships.user_id AND deleted_at IS NOT NULL)
    ), heirs AS (
        SELECT DISTINCT ON (living.tenant_id) living.tenant_id, living.user_id, living.role FROM living
        WHERE role IN ('admin', 'member') AND accepted_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM living AS owner WHERE owner.tenant_id = living.tenant_id AND owner.role = 'owner')
        ORDER BY living.tenant_id,
            EXISTS (SELECT FROM public.account_deletions WHERE account_deletions.user_id = living.user_id),
            role = 'admin' DESC, created_at, living.user_id
    )
    UPDATE public.memberships SET role = 'owner', updated_at = now() FROM heirs
    WHERE memberships.tenant_id = heirs.tenant_id AND memberships.user_id = heirs.user_id
    RETURNING memberships.tenant_id, memberships.user_id, heirs.role;
END
$$;
