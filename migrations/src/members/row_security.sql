-- The person of the current transaction, or nothing.
CREATE FUNCTION current_person_id() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(current_setting('app.person_id', true), '')::uuid;

ALTER TABLE memberships ENABLE ROW LEVEL SECURITY;
ALTER TABLE memberships FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_events FORCE ROW LEVEL SECURITY;

CREATE POLICY own_tenant ON memberships FOR SELECT TO gantry_api USING (tenant_id = current_tenant_id());
-- What the identity provider says of members, it alone changes.
CREATE POLICY own_tenant_new ON memberships FOR INSERT TO gantry_api
    WITH CHECK (tenant_id = current_tenant_id() AND source = 'gantry');
CREATE POLICY own_tenant_change ON memberships FOR UPDATE TO gantry_api
    USING (tenant_id = current_tenant_id() AND source = 'gantry')
    WITH CHECK (tenant_id = current_tenant_id() AND source = 'gantry');
CREATE POLICY own_tenant_end ON memberships FOR DELETE TO gantry_api
    USING (tenant_id = current_tenant_id() AND source = 'gantry');
-- A person sees where they belong, and nobody else there.
CREATE POLICY own_memberships ON memberships FOR SELECT TO gantry_api USING (user_id = current_person_id());

-- A tenant that people make themselves: only under the id the transaction has chosen, and never in a provider's name.
CREATE POLICY founding ON tenants FOR INSERT TO gantry_api
    WITH CHECK (id = current_tenant_id() AND issuer = 'gantry');
CREATE POLICY own_tenant_change ON tenants FOR UPDATE TO gantry_api
    USING (id = current_tenant_id() AND issuer = 'gantry') WITH CHECK (id = current_tenant_id());
CREATE POLICY tenants_of_person ON tenants FOR SELECT TO gantry_api
    USING (EXISTS (SELECT FROM memberships WHERE memberships.tenant_id = tenants.id
        AND memberships.user_id = current_person_id()));

-- A tenant sees who its members are.
CREATE POLICY fellow_members ON users FOR SELECT TO gantry_api
    USING (EXISTS (SELECT FROM memberships WHERE memberships.user_id = users.id
        AND memberships.tenant_id = current_tenant_id()));

CREATE POLICY own_tenant ON audit_events FOR SELECT TO gantry_api USING (tenant_id = current_tenant_id());
CREATE POLICY own_tenant_entry ON audit_events FOR INSERT TO gantry_api WITH CHECK (tenant_id = current_tenant_id());
CREATE POLICY operate_door ON audit_events FOR SELECT TO gantry_api USING (current_door() = 'operate');
CREATE POLICY operate_door_entry ON audit_events FOR INSERT TO gantry_api WITH CHECK (current_door() = 'operate');

GRANT SELECT, INSERT, DELETE ON memberships TO gantry_api;
GRANT UPDATE (role, updated_at, accepted_at) ON memberships TO gantry_api;
GRANT INSERT (name), UPDATE (name, updated_at, deleted_at) ON tenants TO gantry_api;
-- Neither changed nor removed by any service, nor dated otherwise than by the database.
GRANT SELECT, INSERT (id, tenant_id, actor_kind, actor_id, action, resource_id, source_address, request_id, detail)
    ON audit_events TO gantry_api;

-- Policies cannot tell columns apart: what operators agree upon with a tenant is theirs to change, and nothing else of it.
CREATE FUNCTION guard_tenant() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    is_operated boolean := current_setting('app.door', true) IS NOT DISTINCT FROM 'operate';
BEGIN
    IF (NEW.tier, NEW.requests_per_hour) IS DISTINCT FROM (OLD.tier, OLD.requests_per_hour) AND NOT is_operated
        OR (NEW.name, NEW.deleted_at) IS DISTINCT FROM (OLD.name, OLD.deleted_at) AND is_operated
    THEN
        RAISE EXCEPTION 'this door does not change that of a tenant' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER guard BEFORE UPDATE ON tenants
    FOR EACH ROW WHEN (current_user = 'gantry_api') EXECUTE FUNCTION guard_tenant();
