-- A job that waits for its parents is scheduled for the end of the year 9999, so that no sweep for due jobs, of this or an
-- earlier version, ever comes upon it; `run_after` keeps the time that was wished for until the parents have ended.
ALTER TABLE jobs
    ADD COLUMN waiting_for integer NOT NULL DEFAULT 0,
    -- Set by the first child, so that a job without children ends at no further cost.
    ADD COLUMN has_children boolean NOT NULL DEFAULT false,
    ADD COLUMN on_parent_failure text,
    ADD COLUMN run_after timestamptz;
ALTER TABLE jobs ADD CONSTRAINT jobs_on_parent_failure_check CHECK (on_parent_failure IN ('cancel', 'run')) NOT VALID;
ALTER TABLE jobs ADD CONSTRAINT jobs_waiting_rows CHECK (
    waiting_for = 0 OR (waiting_for > 0 AND state IN ('scheduled', 'cancelled') AND on_parent_failure IS NOT NULL)
) NOT VALID;

-- Which job waits for which. No foreign key to the parent: it may be deleted once it has ended.
CREATE TABLE job_dependencies (
    child_id uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    parent_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    -- Where the parent stands in the child's list, from 0.
    position integer NOT NULL CHECK (position >= 0),
    -- How the parent ended; none until the child was told.
    outcome text CHECK (outcome IN ('succeeded', 'failed', 'cancelled')),
    PRIMARY KEY (child_id, parent_id)
);

CREATE INDEX job_dependencies_open ON job_dependencies (parent_id) WHERE outcome IS NULL;

ALTER TABLE job_dependencies ENABLE ROW LEVEL SECURITY;
ALTER TABLE job_dependencies FORCE ROW LEVEL SECURITY;

CREATE POLICY own_tenant ON job_dependencies TO gantry_api
    USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());
CREATE POLICY dispatch_door ON job_dependencies TO gantry_worker
    USING (current_door() = 'dispatch') WITH CHECK (current_door() = 'dispatch');

GRANT SELECT, INSERT, UPDATE (outcome) ON job_dependencies TO gantry_api, gantry_worker;
-- Runs hand in jobs of their own when they succeed, with the statement that knows all columns.
GRANT INSERT (unique_key) ON jobs TO gantry_worker;
GRANT UPDATE (waiting_for, has_children, on_parent_failure, run_after) ON jobs TO gantry_api, gantry_worker;
