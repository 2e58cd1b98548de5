-- The hash of the token that was presented in this transaction, or nothing: whoever holds a token finds its row.
CREATE FUNCTION presented_secret_hash() RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN decode(NULLIF(current_setting('app.secret_hash', true), ''), 'hex');

-- The queue that this transaction is about to claim for a tenant, or nothing.
CREATE FUNCTION claimed_queue() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(current_setting('app.claimed_queue', true), '');

ALTER TABLE tenant_queues ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_queues FORCE ROW LEVEL SECURITY;
ALTER TABLE enrol_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE enrol_tokens FORCE ROW LEVEL SECURITY;
ALTER TABLE worker_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE worker_tokens FORCE ROW LEVEL SECURITY;
ALTER TABLE workers ENABLE ROW LEVEL SECURITY;
ALTER TABLE workers FORCE ROW LEVEL SECURITY;

CREATE POLICY own_tenant ON tenant_queues TO gantry_api
    USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());
CREATE POLICY own_tenant ON enrol_tokens TO gantry_api
    USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());
CREATE POLICY own_tenant ON worker_tokens TO gantry_api
    USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());

-- Whoever presents a token is let at its row and at no other.
CREATE POLICY presented ON enrol_tokens FOR SELECT TO gantry_api USING (secret_hash = presented_secret_hash());
CREATE POLICY presented_change ON enrol_tokens FOR UPDATE TO gantry_api USING (secret_hash = presented_secret_hash());
CREATE POLICY presented ON worker_tokens FOR SELECT TO gantry_api USING (secret_hash = presented_secret_hash());
CREATE POLICY presented_change ON worker_tokens FOR UPDATE TO gantry_api USING (secret_hash = presented_secret_hash());

-- A login sees what it was given itself, also through the functions above, which the owner's rights carry.
CREATE POLICY own_login ON worker_tokens FOR SELECT USING (login = session_user);

-- Door `directory`: the identity provider ends a membership, and with it the tokens that the person minted and nobody used.
CREATE POLICY directory_door ON enrol_tokens FOR SELECT TO gantry_api USING (current_door() = 'directory');
CREATE POLICY directory_door_end ON enrol_tokens FOR DELETE TO gantry_api
    USING (current_door() = 'directory' AND used_at IS NULL);

-- Door `submit`: the API learns which queues are whose, to refuse the jobs of others.
CREATE POLICY submit_door ON tenant_queues FOR SELECT TO gantry_api USING (current_door() = 'submit');

-- Door `close`: the API takes away what machines were given whose token has ended.
CREATE POLICY close_door ON worker_tokens FOR SELECT TO gantry_api
    USING (current_door() = 'close' AND (revoked_at IS NOT NULL OR expires_at <= now()));
CREATE POLICY close_door_change ON worker_tokens FOR UPDATE TO gantry_api
    USING (current_door() = 'close' AND (revoked_at IS NOT NULL OR expires_at <= now()));

-- Door `claim`: the API sees who uses the one queue that a tenant wants for itself.
CREATE POLICY claim_door ON jobs FOR SELECT TO gantry_api
    USING (current_door() = 'claim' AND queue = claimed_queue() AND finished_at IS NULL);
CREATE POLICY claim_door ON schedules FOR SELECT TO gantry_api
    USING (current_door() = 'claim' AND queue = claimed_queue());

-- The functions by which people leave.
CREATE POLICY account_functions ON enrol_tokens TO gantry_worker
    USING (is_account_function()) WITH CHECK (is_account_function());
CREATE POLICY account_functions ON worker_tokens TO gantry_worker
    USING (is_account_function()) WITH CHECK (is_account_function());
CREATE POLICY account_functions ON tenant_queues TO gantry_worker
    USING (is_account_function()) WITH CHECK (is_account_function());

-- Operators' workers are everyone's to see; machines of a tenant are the tenant's.
CREATE POLICY operators_workers ON workers TO gantry_worker USING (true) WITH CHECK (true);
-- Rows of workers go when these have ended a while ago.
CREATE POLICY long_ended ON workers AS RESTRICTIVE FOR DELETE TO gantry_worker
    USING (state IN ('stopped', 'lost') AND lease_expires_at < now() - interval '1 hour');
CREATE POLICY seen_by_tenant ON workers FOR SELECT TO gantry_api
    USING (tenant_id IS NULL OR tenant_id = current_tenant_id() OR current_door() = 'operate');
CREATE POLICY own_tenant_stop ON workers FOR UPDATE TO gantry_api
    USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id() AND state = 'stopped');

GRANT SELECT, INSERT, DELETE ON tenant_queues TO gantry_api;
GRANT SELECT, INSERT, DELETE, UPDATE (used_at) ON enrol_tokens TO gantry_api;
GRANT SELECT, INSERT, UPDATE (expires_at, renewed_at, revoked_at, revoked_by, close_tried_at, closed_at)
    ON worker_tokens TO gantry_api;
GRANT UPDATE (state, lease_expires_at) ON workers TO gantry_api;
GRANT DELETE ON workers TO gantry_worker;
