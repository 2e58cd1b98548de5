-- Each machine has a login of its own: one that several shared could change its password, read what the others send, and
-- end their sessions. The API is lent the owner's right to make and drop these logins and no others.

-- Makes the login of a worker token, with a password of which it is told the SCRAM verifier only.
CREATE FUNCTION make_enrolled_login(token_id uuid, password_verifier text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    login text := public.enrolled_login(token_id);
BEGIN
    IF password_verifier !~ '^SCRAM-SHA-256\$[0-9]+:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$' THEN
        RAISE invalid_parameter_value USING MESSAGE = 'the password of an enrolled worker must come as a SCRAM verifier';
    END IF;
    -- Who could put functions there could have others call them.
    IF has_schema_privilege('gantry_enrolled', 'public', 'CREATE') THEN
        RAISE insufficient_privilege USING MESSAGE = 'every role may create objects in the schema public, as before '
            'PostgreSQL 15: run REVOKE CREATE ON SCHEMA public FROM PUBLIC before machines are enrolled';
    END IF;
    EXECUTE format('CREATE ROLE %I LOGIN CONNECTION LIMIT 20 IN ROLE gantry_enrolled PASSWORD %L', login, password_verifier);
    -- Only a member sees and ends a login's sessions; from PostgreSQL 16 on, not even its maker does before.
    EXECUTE format('GRANT %I TO CURRENT_USER', login);
    RETURN login;
END
$$;

-- Takes the login away and ends its sessions; says whether nothing of it is left. What still owns something can no longer
-- log in.
CREATE FUNCTION drop_enrolled_login(token_id uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    login text := public.enrolled_login(token_id);
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login) THEN
        RETURN true;
    END IF;
    EXECUTE format('ALTER ROLE %I NOLOGIN', login);
    BEGIN
        PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = login;
        EXECUTE format('DROP OWNED BY %I', login);
        EXECUTE format('DROP ROLE %I', login);
        RETURN true;
    EXCEPTION WHEN dependent_objects_still_exist OR object_in_use OR insufficient_privilege THEN
        RETURN false;
    END;
END
$$;

REVOKE ALL ON FUNCTION make_enrolled_login(uuid, text), drop_enrolled_login(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_enrolled_login(uuid, text), drop_enrolled_login(uuid) TO gantry_api;
