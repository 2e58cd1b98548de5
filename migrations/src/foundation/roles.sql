-- The services' roles: no login, no ownership, no way around row-level security. A login becomes one of them with
-- SET ROLE. Roles belong to the whole server, so another database's migration may have made them, even just now.
DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['gantry_api', 'gantry_worker'] LOOP
        -- Looked for first: an owner who may not make roles can have them made beforehand.
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN NOBYPASSRLS', role_name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;
            END;
        END IF;
        -- From PostgreSQL 16 on, who makes a role is its member without the right to take it.
        IF NOT pg_has_role(current_user, role_name,
            CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END)
        THEN
            EXECUTE format('GRANT %I TO CURRENT_USER', role_name);
        END IF;
    END LOOP;
END
$$;

GRANT USAGE ON SCHEMA public TO gantry_api, gantry_worker;
