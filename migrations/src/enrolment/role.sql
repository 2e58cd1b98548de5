-- The role of machines that tenants bring; made as the services' roles are (foundation/roles.sql), but no service takes it.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gantry_enrolled') THEN
        BEGIN
            CREATE ROLE gantry_enrolled NOLOGIN NOBYPASSRLS;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END IF;
END
$$;

GRANT USAGE ON SCHEMA public TO gantry_enrolled;
