ALTER TABLE pauses ENABLE ROW LEVEL SECURITY;
ALTER TABLE pauses FORCE ROW LEVEL SECURITY;

-- A tenant learns of what may hold its own jobs up. Which tenants a person acts in is not known here.
CREATE POLICY concerned_tenant ON pauses FOR SELECT TO gantry_api
    USING (current_tenant_id() IS NOT NULL AND (scope <> 'tenant' OR subject = current_tenant_id()::text));
CREATE POLICY dispatch_door ON pauses FOR SELECT TO gantry_worker USING (current_door() = 'dispatch');

-- Door `operate`: operators pause and resume, see how much waits and runs, and ask for the end of what runs.
CREATE POLICY operate_door ON pauses TO gantry_api
    USING (current_door() = 'operate') WITH CHECK (current_door() = 'operate');
CREATE POLICY operate_door ON jobs FOR SELECT TO gantry_api
    USING (current_door() = 'operate' AND state IN ('scheduled', 'queued', 'running'));
CREATE POLICY operate_door_cancel ON jobs FOR UPDATE TO gantry_api
    USING (current_door() = 'operate' AND state = 'running')
    WITH CHECK (current_door() = 'operate' AND state = 'running' AND cancel_requested_at IS NOT NULL);
CREATE POLICY operate_door ON tenants FOR SELECT TO gantry_api USING (current_door() = 'operate');
CREATE POLICY operate_door ON users FOR SELECT TO gantry_api USING (current_door() = 'operate');

GRANT SELECT, DELETE ON pauses TO gantry_api;
GRANT INSERT (scope, subject, reason, paused_by, paused_by_name), UPDATE (reason) ON pauses TO gantry_api;
GRANT SELECT (scope, subject) ON pauses TO gantry_worker;
