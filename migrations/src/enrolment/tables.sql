-- Queues that belong to one tenant alone, so that no doorbell of another's jobs is heard on its machines.
CREATE TABLE tenant_queues (
    queue text PRIMARY KEY,
    tenant_id uuid NOT NULL,
    claimed_by uuid NOT NULL,
    claimed_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX tenant_queues_of_tenant ON tenant_queues (tenant_id);

-- Each lets one machine in, once.
CREATE TABLE enrol_tokens (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    queues text[] NOT NULL CHECK (cardinality(queues) BETWEEN 1 AND 16),
    -- SHA-256 of the token, which is shown once and kept nowhere.
    secret_hash bytea NOT NULL UNIQUE CHECK (octet_length(secret_hash) = 32),
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);

CREATE INDEX enrol_tokens_of_tenant ON enrol_tokens (tenant_id, id DESC);

-- A token that nobody used ends with the membership of who minted it.
CREATE FUNCTION delete_enrol_tokens_of_former_member() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM public.enrol_tokens
    WHERE tenant_id = OLD.tenant_id AND created_by = OLD.user_id AND used_at IS NULL;
    RETURN NULL;
END
$$;

CREATE TRIGGER enrol_tokens_end AFTER DELETE ON memberships
    FOR EACH ROW EXECUTE FUNCTION delete_enrol_tokens_of_former_member();

-- A machine that was let in. Its login in Postgres and its user in Redis are named after the id.
CREATE TABLE worker_tokens (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    queues text[] NOT NULL CHECK (cardinality(queues) BETWEEN 1 AND 16),
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 64),
    login text NOT NULL UNIQUE,
    secret_hash bytea NOT NULL UNIQUE CHECK (octet_length(secret_hash) = 32),
    -- SHA-256 of the password in Redis, which forgets its users when it starts anew.
    redis_password_hash bytea NOT NULL CHECK (octet_length(redis_password_hash) = 32),
    -- Who minted the enrol token.
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    renewed_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_by uuid,
    -- When it was last tried to take the login and the user in Redis away, after the token had ended.
    close_tried_at timestamptz,
    -- When they were taken away.
    closed_at timestamptz
);

CREATE INDEX worker_tokens_of_tenant ON worker_tokens (tenant_id, id DESC);
CREATE INDEX worker_tokens_open ON worker_tokens (close_tried_at NULLS FIRST, expires_at) WHERE closed_at IS NULL;

-- What the login of this session was given, as long as its token lasts; nothing for every other login. With the owner's
-- rights, so that nobody else need read the table, and by the login that Postgres itself has let in. By the clock and not
-- by the transaction's beginning, and only where each statement sees what was committed before it: so no transaction that
-- was begun in time outlives the token.
CREATE FUNCTION enrolled_token_id() RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    RETURN (SELECT id FROM public.worker_tokens
        WHERE login = session_user AND revoked_at IS NULL AND expires_at > clock_timestamp()
            AND current_setting('transaction_isolation') = 'read committed');
CREATE FUNCTION enrolled_tenant_id() RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    RETURN (SELECT tenant_id FROM public.worker_tokens WHERE id = public.enrolled_token_id());
CREATE FUNCTION enrolled_queues() RETURNS text[]
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    RETURN (SELECT queues FROM public.worker_tokens WHERE id = public.enrolled_token_id());

-- Whose machine the worker runs on; none for the operator's own. Filled in by Postgres and by no statement.
ALTER TABLE workers
    ADD COLUMN token_id uuid DEFAULT enrolled_token_id(),
    ADD COLUMN tenant_id uuid DEFAULT enrolled_tenant_id();

CREATE INDEX workers_of_token ON workers (token_id) WHERE token_id IS NOT NULL;
