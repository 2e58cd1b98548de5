//! Unique keys: which job stands in another's way.

/// The rows of `jobs` that hold their unique key, as the schema's partial unique index has it.
pub(super) const HOLDS_UNIQUE_KEY: &str = "unique_key IS NOT NULL AND finished_at IS NULL";

/// The job, if any, that holds the unique key of a row of `jobs`: a query for the id.
pub(crate) const HOLDER_OF_UNIQUE_KEY: &str = "
    SELECT live.id FROM jobs AS live
    WHERE live.tenant_id = jobs.tenant_id AND live.kind = jobs.kind AND live.unique_key = jobs.unique_key
        AND live.finished_at IS NULL";
