-- At most one live job of a tenant's kind carries a key; ended jobs keep theirs and stand in nobody's way.
ALTER TABLE jobs ADD COLUMN IF NOT EXISTS unique_key text;
ALTER TABLE jobs ADD CONSTRAINT jobs_unique_key_length CHECK (char_length(unique_key) BETWEEN 1 AND 255) NOT VALID;
CREATE UNIQUE INDEX IF NOT EXISTS jobs_unique_live ON jobs (tenant_id, kind, unique_key)
    WHERE unique_key IS NOT NULL AND finished_at IS NULL;

-- A tenant's dead letters, newest first; most of what ended in an error has failed.
CREATE INDEX IF NOT EXISTS jobs_ended_in_error ON jobs (tenant_id, id DESC)
    WHERE error IS NOT NULL AND finished_at IS NOT NULL;

-- Which jobs a request made, under the Idempotency-Key its sender gave it; written in the transaction of the jobs.
CREATE TABLE idempotency_keys (
    tenant_id uuid NOT NULL,
    key text NOT NULL CHECK (char_length(key) BETWEEN 1 AND 255),
    -- SHA-256 of the method, the path and the body, so that another request under the same key is told apart.
    request_hash bytea NOT NULL CHECK (octet_length(request_hash) = 32),
    job_ids uuid[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, key)
);

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;

-- A tenant reads its own; they are written through the door of the jobs only.
CREATE POLICY own_tenant ON idempotency_keys FOR SELECT TO gantry_api USING (tenant_id = current_tenant_id());

-- Door `submit`: it can only add keys, and read what this very transaction added, which RETURNING needs.
CREATE POLICY submit_door ON idempotency_keys FOR INSERT TO gantry_api WITH CHECK (current_door() = 'submit');
CREATE POLICY submit_door_answer ON idempotency_keys FOR SELECT TO gantry_api
    USING (current_door() = 'submit' AND created_at = now());

-- Door `dispatch`: the maintenance removes keys whose day is over, and sees no others.
CREATE POLICY dispatch_door_found ON idempotency_keys FOR SELECT TO gantry_worker
    USING (current_door() = 'dispatch' AND created_at < now() - interval '24 hours');
CREATE POLICY dispatch_door ON idempotency_keys FOR DELETE TO gantry_worker
    USING (current_door() = 'dispatch' AND created_at < now() - interval '24 hours');

GRANT SELECT ON idempotency_keys TO gantry_api;
GRANT INSERT (tenant_id, key, request_hash, job_ids) ON idempotency_keys TO gantry_api;
GRANT SELECT (tenant_id, key, created_at), DELETE ON idempotency_keys TO gantry_worker;
