DROP TRIGGER guard ON tenants;
DROP FUNCTION guard_tenant();
REVOKE INSERT (name), UPDATE (name, updated_at, deleted_at) ON tenants FROM gantry_api;
DROP POLICY fellow_members ON users;
DROP POLICY tenants_of_person ON tenants;
DROP POLICY own_tenant_change ON tenants;
DROP POLICY founding ON tenants;
DROP TABLE audit_events;
DROP TABLE memberships;
DROP FUNCTION current_person_id();
ALTER TABLE tenants
    DROP COLUMN deleted_at,
    DROP COLUMN updated_at,
    DROP COLUMN requests_per_hour,
    DROP COLUMN tier,
    DROP COLUMN name;
