-- How programs sign in. A key acts for its tenant and for the person who made it, within its scopes and within what that
-- person may do at the time. The key itself is shown once and never stored.
CREATE TABLE api_keys (
    -- UUIDv7: sorts by creation.
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    created_by uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- What the person was in the tenant when a token alone vouched for it; none where memberships or the tenant tell.
    vouched_role text CHECK (vouched_role IN ('owner', 'admin', 'member', 'viewer')),
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    -- The part of the key that is no secret, by which it is found.
    public_id text NOT NULL UNIQUE CHECK (public_id ~ '^[0-9A-Za-z]{16}$'),
    -- SHA-256 of the part that is.
    secret_digest bytea NOT NULL CHECK (octet_length(secret_digest) = 32),
    -- Names of rights.
    scopes text[] NOT NULL CHECK (cardinality(scopes) BETWEEN 1 AND 100),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL CHECK (expires_at <= created_at + interval '365 days'),
    last_used_at timestamptz,
    revoked_at timestamptz,
    revoked_by uuid
);

CREATE INDEX api_keys_of_tenant ON api_keys (tenant_id, id DESC);
CREATE INDEX api_keys_of_user ON api_keys (created_by);
