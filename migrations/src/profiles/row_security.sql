ALTER TABLE profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE profiles FORCE ROW LEVEL SECURITY;
ALTER TABLE directory_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE directory_entries FORCE ROW LEVEL SECURITY;
ALTER TABLE webhook_deliveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_deliveries FORCE ROW LEVEL SECURITY;

-- A tenant registers profiles that wait, and never says whose one is.
CREATE POLICY own_tenant ON profiles FOR SELECT TO gantry_api USING (tenant_id = current_tenant_id());
CREATE POLICY own_tenant_new ON profiles FOR INSERT TO gantry_api
    WITH CHECK (tenant_id = current_tenant_id() AND user_id IS NULL);
CREATE POLICY own_tenant_change ON profiles FOR UPDATE TO gantry_api
    USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());
CREATE POLICY own_tenant_end ON profiles FOR DELETE TO gantry_api USING (tenant_id = current_tenant_id());

-- Door `directory`: the notices of the identity provider are written down. It links profiles that wait, and none that is
-- somebody's; it touches no tenant that people of Gantry made, and of their memberships it makes a new owner only; of jobs it
-- adds mails only.
CREATE POLICY directory_door ON profiles FOR SELECT TO gantry_api USING (current_door() = 'directory');
CREATE POLICY directory_door_new ON profiles FOR INSERT TO gantry_api
    WITH CHECK (current_door() = 'directory' AND user_id IS NOT NULL);
CREATE POLICY directory_door_link ON profiles FOR UPDATE TO gantry_api
    USING (current_door() = 'directory' AND user_id IS NULL)
    WITH CHECK (current_door() = 'directory' AND user_id IS NOT NULL);
-- The person whom the transaction names proves another address.
CREATE POLICY directory_door_address ON profiles FOR UPDATE TO gantry_api
    USING (current_door() = 'directory' AND user_id = current_person_id())
    WITH CHECK (current_door() = 'directory' AND user_id = current_person_id());
CREATE POLICY directory_door ON directory_entries TO gantry_api
    USING (current_door() = 'directory') WITH CHECK (current_door() = 'directory');
CREATE POLICY directory_door ON webhook_deliveries TO gantry_api
    USING (current_door() = 'directory') WITH CHECK (current_door() = 'directory');
CREATE POLICY directory_door ON users TO gantry_api
    USING (current_door() = 'directory') WITH CHECK (current_door() = 'directory');
CREATE POLICY directory_door ON tenants FOR SELECT TO gantry_api USING (current_door() = 'directory');
CREATE POLICY directory_door_new ON tenants FOR INSERT TO gantry_api
    WITH CHECK (current_door() = 'directory' AND issuer <> 'gantry');
CREATE POLICY directory_door_change ON tenants FOR UPDATE TO gantry_api
    USING (current_door() = 'directory' AND issuer <> 'gantry')
    WITH CHECK (current_door() = 'directory' AND issuer <> 'gantry');
CREATE POLICY directory_door ON memberships TO gantry_api
    USING (current_door() = 'directory' AND source = 'provider')
    WITH CHECK (current_door() = 'directory' AND source = 'provider');
-- A tenant of people of Gantry whose last owner is gone gets another. Its row is locked for that, and not changed.
CREATE POLICY directory_door_lock ON tenants FOR UPDATE TO gantry_api
    USING (current_door() = 'directory' AND issuer = 'gantry') WITH CHECK (false);
CREATE POLICY directory_door_found ON memberships FOR SELECT TO gantry_api USING (current_door() = 'directory');
CREATE POLICY directory_door_succession ON memberships FOR UPDATE TO gantry_api
    USING (current_door() = 'directory' AND source = 'gantry' AND role IN ('admin', 'member'))
    WITH CHECK (current_door() = 'directory' AND source = 'gantry' AND role = 'owner');
-- An organization that is gone: its schedules stand still, and its jobs wait for ever.
CREATE POLICY directory_door ON schedules FOR SELECT TO gantry_api
    USING (current_door() = 'directory' AND EXISTS (
        SELECT FROM tenants WHERE tenants.id = schedules.tenant_id AND tenants.deleted_at IS NOT NULL));
CREATE POLICY directory_door_stop ON schedules FOR UPDATE TO gantry_api
    USING (current_door() = 'directory' AND paused_at IS NULL)
    WITH CHECK (current_door() = 'directory' AND paused_at IS NOT NULL);
CREATE POLICY directory_door ON pauses FOR SELECT TO gantry_api
    USING (current_door() = 'directory' AND scope = 'tenant');
CREATE POLICY directory_door_stop ON pauses FOR INSERT TO gantry_api
    WITH CHECK (current_door() = 'directory' AND scope = 'tenant' AND EXISTS (
        SELECT FROM tenants WHERE tenants.id::text = pauses.subject AND tenants.deleted_at IS NOT NULL));
CREATE POLICY directory_door ON jobs FOR INSERT TO gantry_api
    WITH CHECK (current_door() = 'directory' AND kind = 'email.send');
CREATE POLICY directory_door_answer ON jobs FOR SELECT TO gantry_api
    USING (current_door() = 'directory' AND kind = 'email.send' AND created_at = now());
CREATE POLICY directory_door ON audit_events FOR INSERT TO gantry_api
    WITH CHECK (current_door() = 'directory' AND actor_kind = 'provider');

-- Door `identity`: nobody comes in who is gone.
CREATE POLICY identity_door ON directory_entries FOR SELECT TO gantry_api
    USING (current_door() = 'identity' AND kind IN ('user', 'organization'));

-- A tenant learns which of its members are gone.
CREATE POLICY fellow_members ON directory_entries FOR SELECT TO gantry_api
    USING (kind = 'user' AND EXISTS (SELECT FROM memberships
        WHERE memberships.user_id = directory_entries.id AND memberships.tenant_id = current_tenant_id()));

-- Door `dispatch`: the maintenance removes what no sender repeats any more, and sees nothing else.
CREATE POLICY dispatch_door_found ON webhook_deliveries FOR SELECT TO gantry_worker
    USING (current_door() = 'dispatch' AND received_at < now() - interval '7 days');
CREATE POLICY dispatch_door ON webhook_deliveries FOR DELETE TO gantry_worker
    USING (current_door() = 'dispatch' AND received_at < now() - interval '7 days');

-- Policies cannot compare a row with what it was: whose a profile is, the directory says once.
CREATE FUNCTION guard_profile() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF OLD.user_id IS NOT NULL OR current_setting('app.door', true) IS DISTINCT FROM 'directory' THEN
        RAISE EXCEPTION 'only the directory says whose a profile is, and once' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER guard BEFORE UPDATE OF user_id ON profiles
    FOR EACH ROW WHEN (current_user = 'gantry_api' AND OLD.user_id IS DISTINCT FROM NEW.user_id)
    EXECUTE FUNCTION guard_profile();

-- Not as a policy, which would lead back here through those of tenants.
CREATE FUNCTION guard_provider_membership() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.tenants WHERE id = NEW.tenant_id AND issuer <> 'gantry') THEN
        RAISE EXCEPTION 'people made this tenant, and choose its members' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER guard BEFORE INSERT ON memberships
    FOR EACH ROW WHEN (current_user = 'gantry_api' AND NEW.source = 'provider')
    EXECUTE FUNCTION guard_provider_membership();

GRANT SELECT, DELETE ON profiles TO gantry_api;
GRANT INSERT (id, tenant_id, user_id, email, email_folded, name, cohort, linked_at),
    UPDATE (user_id, email, email_folded, name, cohort, updated_at, linked_at) ON profiles TO gantry_api;
GRANT SELECT ON directory_entries, webhook_deliveries TO gantry_api;
GRANT INSERT (kind, id, user_id), UPDATE (external_id, changed_at, deleted_at, welcomed_at) ON directory_entries TO gantry_api;
GRANT INSERT (issuer, id) ON webhook_deliveries TO gantry_api;
GRANT SELECT, DELETE ON webhook_deliveries TO gantry_worker;
