ALTER TABLE tenants
    -- What people call it; a person's own space and an organization nobody told the name of have none.
    ADD COLUMN name text CHECK (char_length(name) BETWEEN 1 AND 100),
    ADD COLUMN tier text NOT NULL DEFAULT 'free' CHECK (tier IN ('free', 'pro', 'enterprise')),
    -- Requests per hour in place of the tier's.
    ADD COLUMN requests_per_hour integer CHECK (requests_per_hour > 0),
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now(),
    -- A deleted tenant keeps its rows, and lets nobody in.
    ADD COLUMN deleted_at timestamptz;

-- Who belongs to a tenant. The owner of a space of their own, and whoever a token vouches for, needs no row.
CREATE TABLE memberships (
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    user_id uuid NOT NULL REFERENCES users (id),
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
    -- `provider`: the identity provider says so, and alone may change it.
    source text NOT NULL CHECK (source IN ('gantry', 'provider')),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    -- When the person first acted in the tenant: anyone can be added, and is not to be shown to strangers for it.
    accepted_at timestamptz,
    PRIMARY KEY (tenant_id, user_id)
);

CREATE INDEX memberships_of_user ON memberships (user_id);

-- Who did what, from where, to which resource. It holds no name and no address of a person: those are looked up when it
-- is read, so that a person who leaves takes them along.
CREATE TABLE audit_events (
    -- UUIDv7: sorts by time.
    id uuid PRIMARY KEY,
    -- None for what concerns the whole installation.
    tenant_id uuid,
    at timestamptz NOT NULL DEFAULT now(),
    actor_kind text NOT NULL CHECK (actor_kind IN ('person', 'api_key', 'worker', 'provider', 'gantry')),
    actor_id text,
    action text NOT NULL,
    resource_id text NOT NULL,
    source_address inet,
    request_id text,
    detail jsonb NOT NULL DEFAULT '{}'
);

CREATE INDEX audit_events_of_tenant ON audit_events (tenant_id, id DESC);
