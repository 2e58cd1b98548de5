-- The sessions of machines' logins. Whoever owns a machine can keep a transaction open, and in it locks that others wait for
-- or a statement that was begun while its token was valid; so what takes something away from a machine ends its sessions
-- first. The API is lent the owner's right to do that to these logins and to no others.

CREATE FUNCTION enrolled_login(token_id uuid) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN 'gantry_enrolled_' || replace(token_id::text, '-', '');

-- Ends the sessions that the machine of a token has now, with whatever they were about to write and all they have locked;
-- says whether none of them is left. Its login can begin others, which see how its token stands by then.
CREATE FUNCTION end_enrolled_sessions(token_id uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET client_min_messages = error
AS $$
DECLARE
    login text := public.enrolled_login(token_id);
    sessions integer[];
BEGIN
    PERFORM pg_stat_clear_snapshot();
    sessions := ARRAY(SELECT pid FROM pg_stat_activity WHERE usename = login);
    -- All are told before any is waited for.
    PERFORM pg_terminate_backend(pid) FROM unnest(sessions) AS pid;
    PERFORM pg_terminate_backend(pid, 1000) FROM unnest(sessions) AS pid;
    PERFORM pg_stat_clear_snapshot();
    RETURN NOT EXISTS (SELECT FROM pg_stat_activity WHERE usename = login AND pid = ANY (sessions));
END
$$;

-- Ends the sessions of machines in this database whose transaction has lasted longer than that; says how many.
CREATE FUNCTION end_enrolled_transactions(longer_than interval) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET client_min_messages = error
BEGIN ATOMIC
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND usename ~ '^gantry_enrolled_[0-9a-f]{32}$'
        AND pg_has_role(current_user, usesysid, 'USAGE') AND xact_start < clock_timestamp() - longer_than;
END;

REVOKE ALL ON FUNCTION end_enrolled_sessions(uuid), end_enrolled_transactions(interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION end_enrolled_sessions(uuid) TO gantry_api;
GRANT EXECUTE ON FUNCTION end_enrolled_transactions(interval) TO gantry_api, gantry_worker;
