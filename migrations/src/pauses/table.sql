-- Whose waiting jobs are not to be dispatched. A row is there exactly as long as the pause lasts.
CREATE TABLE pauses (
    scope text NOT NULL CHECK (scope IN ('queue', 'tenant', 'user')),
    -- A queue's name, or the id of a tenant or user.
    subject text NOT NULL,
    reason text CHECK (char_length(reason) BETWEEN 1 AND 500),
    paused_by uuid NOT NULL,
    -- As the person was called then: who pauses may belong to another tenant than those who wait.
    paused_by_name text NOT NULL,
    paused_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scope, subject),
    -- Claims read the ids as such; a text that is none would stop them all.
    CONSTRAINT pauses_subject_is_id CHECK (scope = 'queue' OR subject = subject::uuid::text)
);
