ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;

CREATE POLICY own_tenant ON api_keys TO gantry_api
    USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());

-- Door `key`: whose a key is must be known before its tenant is. It shows the one key that the transaction names by its
-- public part, and the person who made it; nothing else, and no list.
CREATE POLICY key_door ON api_keys FOR SELECT TO gantry_api
    USING (current_door() = 'key' AND public_id = current_setting('app.key_public_id', true));
CREATE POLICY key_door ON users FOR SELECT TO gantry_api
    USING (current_door() = 'key' AND EXISTS (SELECT FROM api_keys
        WHERE api_keys.created_by = users.id AND api_keys.public_id = current_setting('app.key_public_id', true)));

-- Whether the identity provider ended one membership is told to a transaction that names it. No membership may have been
-- told of before, and then nothing else says that the person left.
CREATE POLICY named_membership ON directory_entries FOR SELECT TO gantry_api
    USING (kind = 'membership' AND id::text = current_setting('app.membership_id', true));

-- Door `directory`: the identity provider ends a membership, and with it the keys of that person.
CREATE POLICY directory_door ON api_keys FOR SELECT TO gantry_api USING (current_door() = 'directory');
CREATE POLICY directory_door_end ON api_keys FOR UPDATE TO gantry_api
    USING (current_door() = 'directory' AND revoked_at IS NULL)
    WITH CHECK (current_door() = 'directory' AND revoked_at IS NOT NULL);
-- Door `dispatch`: so does the maintenance when a person leaves for good; it sees nothing of a key but whose it is.
CREATE POLICY dispatch_door ON api_keys FOR SELECT TO gantry_worker USING (current_door() = 'dispatch');
CREATE POLICY dispatch_door_end ON api_keys FOR UPDATE TO gantry_worker
    USING (current_door() = 'dispatch' AND revoked_at IS NULL)
    WITH CHECK (current_door() = 'dispatch' AND revoked_at IS NOT NULL);

GRANT SELECT ON api_keys TO gantry_api;
GRANT INSERT (id, tenant_id, created_by, vouched_role, name, public_id, secret_digest, scopes, expires_at)
    ON api_keys TO gantry_api;
GRANT UPDATE (last_used_at, revoked_at, revoked_by) ON api_keys TO gantry_api;
GRANT SELECT (tenant_id, created_by, revoked_at), UPDATE (revoked_at) ON api_keys TO gantry_worker;

-- A key ends with the membership of who made it, in the same transaction, whoever ends that; it does not come back with
-- the person.
CREATE FUNCTION revoke_api_keys_of_former_member() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE public.api_keys SET revoked_at = now()
    WHERE tenant_id = OLD.tenant_id AND created_by = OLD.user_id AND revoked_at IS NULL;
    RETURN NULL;
END
$$;

CREATE TRIGGER api_keys_end AFTER DELETE ON memberships
    FOR EACH ROW EXECUTE FUNCTION revoke_api_keys_of_former_member();

-- Operators give a tenant another tier, and a rate of requests of its own.
CREATE POLICY operate_door_tier ON tenants FOR UPDATE TO gantry_api
    USING (current_door() = 'operate') WITH CHECK (current_door() = 'operate');
GRANT UPDATE (tier, requests_per_hour) ON tenants TO gantry_api;
