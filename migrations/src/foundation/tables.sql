CREATE TABLE tenants (
    id uuid PRIMARY KEY,
    -- The identity provider's words for it: an organization's id, or a person's subject for a space of their own.
    issuer text NOT NULL,
    external_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE users (
    id uuid PRIMARY KEY,
    issuer text NOT NULL,
    subject text NOT NULL,
    email text,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (issuer, subject)
);

CREATE TABLE kinds (
    name text PRIMARY KEY,
    description text NOT NULL,
    payload_schema jsonb NOT NULL,
    queue text NOT NULL,
    timeout_seconds integer NOT NULL CHECK (timeout_seconds > 0),
    max_attempts integer NOT NULL CHECK (max_attempts > 0),
    retry_base_seconds integer NOT NULL CHECK (retry_base_seconds >= 0),
    retry_max_seconds integer NOT NULL CHECK (retry_max_seconds >= retry_base_seconds),
    announced_at timestamptz NOT NULL DEFAULT now()
);

-- One row per worker process, renewed by its heartbeat; jobs carry no heartbeat of their own.
CREATE TABLE workers (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    state text NOT NULL CHECK (state IN ('active', 'draining', 'stopped', 'lost')),
    queues text[] NOT NULL,
    kinds text[] NOT NULL,
    concurrency integer NOT NULL CHECK (concurrency > 0),
    version text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    heartbeat_at timestamptz NOT NULL DEFAULT now(),
    lease_expires_at timestamptz NOT NULL
);

CREATE INDEX workers_alive ON workers (lease_expires_at) WHERE state IN ('active', 'draining');

-- Who does the maintenance, chosen by whoever renews or takes over the row.
CREATE TABLE maintenance_leases (
    duty text PRIMARY KEY,
    worker_id uuid NOT NULL,
    expires_at timestamptz NOT NULL
);

-- No foreign keys to tenants and users: both are written before a job of theirs can be, are never deleted while
-- jobs of theirs remain, and a check on each insert would lock the same row for every submission of a tenant.
CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    created_by uuid NOT NULL,
    kind text NOT NULL,
    queue text NOT NULL,
    priority text NOT NULL CHECK (priority IN ('high', 'normal', 'low')),
    state text NOT NULL CHECK (state IN ('scheduled', 'queued', 'running', 'succeeded', 'failed', 'cancelled')),
    attempt integer NOT NULL DEFAULT 0,
    losses integer NOT NULL DEFAULT 0,
    max_attempts integer NOT NULL CHECK (max_attempts > 0),
    timeout_seconds integer NOT NULL CHECK (timeout_seconds > 0),
    -- Grows by one each time the job becomes queued, so it names one run and fences every write of that run.
    dispatch integer NOT NULL DEFAULT 1,
    -- The last log line of the current attempt number, where a run that was given back left off.
    log_seq bigint NOT NULL DEFAULT 0,
    worker_id uuid,
    run_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    queued_at timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    cancel_requested_at timestamptz,
    traceparent text,
    tags text[] NOT NULL DEFAULT '{}',
    error jsonb,
    progress jsonb,
    payload jsonb NOT NULL,
    result jsonb,
    CONSTRAINT jobs_possible_rows CHECK (
        CASE state
            WHEN 'scheduled' THEN queued_at IS NULL AND finished_at IS NULL AND result IS NULL
            WHEN 'queued' THEN queued_at IS NOT NULL AND finished_at IS NULL AND result IS NULL
            WHEN 'running' THEN attempt > 0 AND worker_id IS NOT NULL AND started_at IS NOT NULL
                AND queued_at IS NOT NULL AND finished_at IS NULL AND result IS NULL
            WHEN 'succeeded' THEN attempt > 0 AND worker_id IS NOT NULL AND started_at IS NOT NULL
                AND finished_at IS NOT NULL AND result IS NOT NULL
            WHEN 'failed' THEN finished_at IS NOT NULL AND result IS NULL AND error IS NOT NULL
            WHEN 'cancelled' THEN finished_at IS NOT NULL AND result IS NULL
        END
    )
-- Room in each page for the versions that claim and completion make of a row, so that the first needs no index entries.
) WITH (fillfactor = 40);

-- No index and no index's predicate names a column that a claim changes (state, attempt, worker_id, started_at): so a
-- claim writes the row alone, within its page.

-- A tenant's jobs, newest first: ids are UUIDv7 and sort by creation.
CREATE INDEX jobs_of_tenant ON jobs (tenant_id, id DESC);
CREATE INDEX jobs_scheduled ON jobs (run_at) WHERE queued_at IS NULL AND finished_at IS NULL;
CREATE INDEX jobs_queued_or_running ON jobs (queue, queued_at) WHERE queued_at IS NOT NULL AND finished_at IS NULL;
CREATE INDEX jobs_to_cancel ON jobs (id) WHERE cancel_requested_at IS NOT NULL AND finished_at IS NULL;

-- Attempts that ended without ending the job well; the current or last one is on the job's own row, so that the
-- usual job, which succeeds at once, costs no row here.
CREATE TABLE job_attempts (
    job_id uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    attempt integer NOT NULL CHECK (attempt > 0),
    tenant_id uuid NOT NULL,
    worker_id uuid NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('failed', 'lost', 'cancelled')),
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL DEFAULT now(),
    error jsonb,
    PRIMARY KEY (job_id, attempt)
);

CREATE TABLE job_logs (
    job_id uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    attempt integer NOT NULL CHECK (attempt > 0),
    seq bigint NOT NULL CHECK (seq > 0),
    tenant_id uuid NOT NULL,
    at timestamptz NOT NULL,
    stream text NOT NULL CHECK (stream IN ('stdout', 'stderr', 'handler', 'gantry')),
    level text NOT NULL CHECK (level IN ('debug', 'info', 'warn', 'error')),
    text text NOT NULL,
    PRIMARY KEY (job_id, attempt, seq)
);
