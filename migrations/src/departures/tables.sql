-- Exports that people asked for. The archive is what a chain of jobs returned, of which this is the first.
CREATE TABLE account_exports (
    job_id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    -- The person's own space, in which the jobs are.
    tenant_id uuid NOT NULL,
    -- The tenant in which the person asked: they may enter it, if only because their token says so.
    entered_tenant_id uuid NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX account_exports_of_user ON account_exports (user_id, requested_at DESC);

-- Accounts that are to end. The row goes when nothing of the person is left.
CREATE TABLE account_deletions (
    user_id uuid PRIMARY KEY,
    own_tenant_id uuid NOT NULL,
    -- Under which id the receipt is found afterwards.
    receipt_id uuid NOT NULL DEFAULT gen_random_uuid(),
    requested_by text NOT NULL CHECK (requested_by IN ('person', 'provider')),
    requested_at timestamptz NOT NULL DEFAULT now(),
    -- None where the identity provider said it: then there is nobody who could come back.
    cancellable_until timestamptz,
    purge_after timestamptz NOT NULL,
    -- Since when nobody comes in under this account, and nothing of it begins any more.
    closed_at timestamptz,
    -- When that was done once more, for what was made while processes still remembered that the person was let in.
    closed_again_at timestamptz,
    -- The tenants that go with the account: the own space, and those in which nobody else has ever acted.
    departing_tenant_ids uuid[] NOT NULL DEFAULT '{}',
    -- Up to which job of each of those everything is removed.
    purged_until jsonb NOT NULL DEFAULT '{}',
    -- Up to which job of others' tenants the person's name is taken out.
    anonymised_until uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    -- Up to which entry of the audit log the person's traces are taken out.
    audited_until uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    removed jsonb NOT NULL DEFAULT '{}',
    -- When it is tried next to close or purge the account, and how often in a row that has failed. Both are written before it
    -- is tried, so that an account with which it fails, however it does, stands in no other's way.
    next_try_at timestamptz NOT NULL DEFAULT now(),
    failed_tries integer NOT NULL DEFAULT 0
);

CREATE INDEX account_deletions_due ON account_deletions (next_try_at);

-- What one person, key or machine did.
CREATE INDEX audit_events_of_actor ON audit_events (actor_id, id) WHERE actor_id IS NOT NULL;

-- That an account was removed, and how much of what. Nothing in it leads to the person.
CREATE TABLE deletion_receipts (
    id uuid PRIMARY KEY,
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL,
    purged_at timestamptz NOT NULL DEFAULT now(),
    removed jsonb NOT NULL
);
