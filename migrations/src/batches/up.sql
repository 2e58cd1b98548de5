-- The jobs of a batch are the parents of its callback; a batch is deleted with that.
CREATE TABLE batches (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    callback_job_id uuid NOT NULL UNIQUE REFERENCES jobs (id) ON DELETE CASCADE
);

ALTER TABLE batches ENABLE ROW LEVEL SECURITY;
ALTER TABLE batches FORCE ROW LEVEL SECURITY;

CREATE POLICY own_tenant ON batches TO gantry_api
    USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());

GRANT SELECT, INSERT ON batches TO gantry_api;
