-- The jobs' checks on priority, attempts and timeout are repeated here, so that no schedule can hold what a job cannot:
-- its INSERT would refuse the whole batch.
CREATE TABLE schedules (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    created_by uuid NOT NULL,
    name text NOT NULL,
    cron text NOT NULL,
    time_zone text NOT NULL,
    missed text NOT NULL CHECK (missed IN ('skip', 'run_once')),
    kind text NOT NULL,
    payload jsonb NOT NULL,
    queue text NOT NULL,
    priority text NOT NULL CHECK (priority IN ('high', 'normal', 'low')),
    max_attempts integer NOT NULL CHECK (max_attempts > 0),
    timeout_seconds integer NOT NULL CHECK (timeout_seconds > 0),
    tags text[] NOT NULL DEFAULT '{}',
    paused_at timestamptz,
    next_run_at timestamptz,
    last_run_at timestamptz,
    -- No foreign key: the job may be deleted before the schedule.
    last_job_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, name),
    -- A paused schedule is never due, so nothing piles up for its resumption.
    CONSTRAINT schedules_possible_rows CHECK ((paused_at IS NULL) = (next_run_at IS NOT NULL))
);

-- A tenant's schedules, newest first: ids are UUIDv7 and sort by creation.
CREATE INDEX schedules_of_tenant ON schedules (tenant_id, id DESC);
CREATE INDEX schedules_due ON schedules (next_run_at) WHERE paused_at IS NULL;
