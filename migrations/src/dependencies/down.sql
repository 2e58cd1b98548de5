REVOKE INSERT (unique_key) ON jobs FROM gantry_worker;
DROP TABLE job_dependencies;
ALTER TABLE jobs
    DROP COLUMN waiting_for,
    DROP COLUMN has_children,
    DROP COLUMN on_parent_failure,
    DROP COLUMN run_after;
