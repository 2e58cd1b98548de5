ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;

CREATE POLICY own_tenant ON api_keys TO gantry_api
    USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());

-- Door `key`: of whom a key is must be known before its tenant is. It shows the one key that the transaction names by its
-- public part, and the person who made it; nothing else, and no list.
CREATE POLICY key_door ON api_keys FOR SELECT TO gantry_api
    USING (current_door() = 'key' AND public_id = current_setting('app.key_public_id', true));
CREATE POLICY key_door ON users FOR SELECT TO gantry_api
    USING (current_door() = 'key' AND EXISTS (SELECT FROM api_keys
        WHERE api_keys.created_by = users.id AND api_keys.public_id = current_setting('app.key_public_id', true)));

GRANT SELECT ON api_keys TO gantry_api;
GRANT INSERT (id, tenant_id, created_by, vouched_role, name, public_id, secret_digest, scopes, expires_at)
    ON api_keys TO gantry_api;
GRANT UPDATE (last_used_at, revoked_at, revoked_by) ON api_keys TO gantry_api;

-- Operators give a tenant another tier, and a rate of requests of its own.
CREATE POLICY operate_door_tier ON tenants FOR UPDATE TO gantry_api
    USING (current_door() = 'operate') WITH CHECK (current_door() = 'operate');
GRANT UPDATE (tier, requests_per_hour) ON tenants TO gantry_api;
