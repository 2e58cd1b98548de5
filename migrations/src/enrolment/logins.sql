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
    IF current_setting('max_prepared_transactions')::integer > 0 THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = 'a machine could prepare a transaction, which holds what it '
            'has locked when its sessions have ended: set max_prepared_transactions to 0 before machines are enrolled';
    END IF;
    -- Twice what its worker opens: a network that loses connections without a word leaves them here for a minute.
    EXECUTE format('CREATE ROLE %I LOGIN CONNECTION LIMIT 6 IN ROLE gantry_enrolled PASSWORD %L', login, password_verifier);
    -- Only a member sees and ends a login's sessions; from PostgreSQL 16 on, not even its maker does before.
    EXECUTE format('GRANT %I TO CURRENT_USER', login);
    RETURN login;
END
$$;

-- Lets nobody in under the login any more; says whether that is so. A session of it can hold the login's own row, by changing
-- its password and not committing that: so sessions are told to end first, and where one is faster, again. Their end is not
-- waited for: the row is, and whoever comes in meanwhile waits for it behind this.
CREATE FUNCTION shut_enrolled_login(token_id uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' SET client_min_messages = error
AS $$
DECLARE
    login text := public.enrolled_login(token_id);
BEGIN
    FOR attempt IN 1..5 LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login AND rolcanlogin) THEN
            RETURN true;
        END IF;
        PERFORM pg_stat_clear_snapshot();
        PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = login;
        BEGIN
            EXECUTE format('ALTER ROLE %I NOLOGIN', login);
            RETURN true;
        -- Internal errors are those of rows that another has changed meanwhile.
        EXCEPTION WHEN lock_not_available OR internal_error OR undefined_object THEN NULL;
        END;
    END LOOP;
    RETURN false;
END
$$;

-- Takes away a login that lets nobody in any more, for which that must have been committed before: whoever came in just
-- before is then seen here and put out. Answers `dropped`, `kept` where it still owns something, or `busy`.
CREATE FUNCTION drop_enrolled_login(token_id uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s'
AS $$
DECLARE
    login text := public.enrolled_login(token_id);
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login) THEN
        RETURN 'dropped';
    ELSIF EXISTS (SELECT FROM pg_roles WHERE rolname = login AND rolcanlogin)
        OR NOT public.end_enrolled_sessions(token_id)
    THEN
        RETURN 'busy';
    END IF;
    EXECUTE format('DROP OWNED BY %I', login);
    EXECUTE format('DROP ROLE %I', login);
    RETURN 'dropped';
EXCEPTION
    WHEN dependent_objects_still_exist OR insufficient_privilege THEN
        RETURN 'kept';
    WHEN lock_not_available OR object_in_use OR internal_error OR undefined_object THEN
        RETURN 'busy';
END
$$;

REVOKE ALL ON FUNCTION make_enrolled_login(uuid, text), shut_enrolled_login(uuid), drop_enrolled_login(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_enrolled_login(uuid, text), shut_enrolled_login(uuid), drop_enrolled_login(uuid) TO gantry_api;
