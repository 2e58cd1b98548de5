-- The roles stay: they belong to the server, and other databases may use them.
DROP TABLE job_logs;
DROP TABLE job_attempts;
DROP TABLE jobs;
DROP TABLE maintenance_leases;
DROP TABLE workers;
DROP TABLE kinds;
DROP TABLE users;
DROP TABLE tenants;
DROP FUNCTION current_door();
DROP FUNCTION current_tenant_id();
REVOKE USAGE ON SCHEMA public FROM gantry_api, gantry_worker;
