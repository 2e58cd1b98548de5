-- The jobs that schedules submitted stay.
DROP TABLE schedules;
REVOKE INSERT (id, tenant_id, created_by, kind, queue, priority, state, payload, run_at, queued_at, max_attempts,
        timeout_seconds, tags, traceparent)
    ON jobs FROM gantry_worker;
