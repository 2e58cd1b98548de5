-- The partitions but the default one, with the first id each may hold (none for the first partition) and the id that
-- ends it.
CREATE VIEW job_log_partitions AS
    SELECT partition.relname::text AS name,
        substring(bound FROM 'FROM \(''([0-9a-f-]{36})''\)')::uuid AS first_id,
        substring(bound FROM 'TO \(''([0-9a-f-]{36})''\)')::uuid AS end_id
    FROM pg_inherits JOIN pg_class AS partition ON partition.oid = inhrelid
        CROSS JOIN LATERAL pg_get_expr(relpartbound, partition.oid) AS bound
    WHERE inhparent = 'job_logs'::regclass AND bound <> 'DEFAULT';

GRANT SELECT ON job_log_partitions TO gantry_worker;

-- The services own no table, so making and dropping partitions is all they are lent of the owner's rights. Both wait half
-- a second at most for a lock that makes everyone behind them wait too.

-- Makes the partitions of the seven days to come that are missing; says how many it made. Only days that have not
-- begun, so that no line is on its way into the default partition meanwhile.
CREATE FUNCTION make_job_log_partitions() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '500ms'
AS $$
DECLARE
    today timestamptz := date_trunc('day', now(), 'UTC');
    day_begin timestamptz;
    partition_name text;
    day_first_id uuid;
    day_end_id uuid;
    made integer := 0;
BEGIN
    FOR days_ahead IN 1..7 LOOP
        day_begin := today + days_ahead * interval '24 hours';
        day_first_id := public.lowest_job_id(day_begin);
        day_end_id := public.lowest_job_id(day_begin + interval '24 hours');
        CONTINUE WHEN EXISTS (
            SELECT FROM public.job_log_partitions
            WHERE end_id > day_first_id AND (first_id IS NULL OR first_id < day_end_id)
        );
        partition_name := 'job_logs_' || to_char(day_begin AT TIME ZONE 'UTC', 'YYYYMMDD');
        BEGIN
            -- One at a time.
            LOCK TABLE ONLY public.job_logs IN SHARE UPDATE EXCLUSIVE MODE;
            EXECUTE format('CREATE TABLE public.%I (LIKE public.job_logs INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
                partition_name);
            EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', partition_name);
            EXECUTE format('ALTER TABLE public.job_logs ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                partition_name, day_first_id, day_end_id);
            made := made + 1;
        EXCEPTION
            -- The default partition holds lines of that day already, of jobs accepted by a clock that is ahead; or
            -- another worker made this one just now.
            WHEN check_violation OR duplicate_table THEN NULL;
            WHEN lock_not_available THEN RETURN made;
        END;
    END LOOP;
    RETURN made;
END
$$;

-- Drops a partition if every job it holds lines of ended longer ago than its tenant's logs are kept; `logs_days` is for
-- tenants without periods of their own. Answers `dropped`, `held`, `busy` when others use it, or `absent`.
CREATE FUNCTION drop_job_log_partition(partition_name text, logs_days integer) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s'
AS $$
DECLARE
    from_id uuid;
    to_id uuid;
BEGIN
    -- Whoever does not see every job cannot know that none is in the way.
    IF row_security_active('public.job_logs') AND NOT (
        COALESCE(public.current_door(), '') = 'dispatch' AND pg_has_role(current_user, 'gantry_worker', 'USAGE')
    ) THEN
        RAISE insufficient_privilege USING MESSAGE = 'only the maintenance may drop a partition of job_logs, and only '
            'where the owner of the schema has the rights of gantry_worker';
    END IF;
    SELECT COALESCE(first_id, '00000000-0000-0000-0000-000000000000'), end_id INTO from_id, to_id
        FROM public.job_log_partitions WHERE name = partition_name;
    IF NOT FOUND THEN
        RETURN 'absent';
    END IF;
    IF to_id > public.lowest_job_id(now() - interval '24 hours') THEN
        RETURN 'held';
    END IF;
    -- Against lines of a job that was queued again meanwhile; its later ones go into the default partition. It makes
    -- nobody else wait, and an automatic vacuum gives way to those who wait longer than a second.
    EXECUTE format('LOCK TABLE public.%I IN SHARE ROW EXCLUSIVE MODE', partition_name);
    -- Those that are to be kept are few where a partition may go, so only they are asked for their lines, one by one
    -- (OFFSET keeps the planner from reading all lines at once).
    IF EXISTS (
        SELECT FROM public.jobs LEFT JOIN public.tenant_retention ON tenant_retention.tenant_id = jobs.tenant_id
        WHERE jobs.id >= from_id AND jobs.id < to_id
            AND (jobs.finished_at IS NULL OR jobs.finished_at >= now() - make_interval(
                days => COALESCE(tenant_retention.logs_days, greatest(drop_job_log_partition.logs_days, 1))))
            AND EXISTS (
                SELECT FROM public.job_logs
                WHERE job_logs.job_id = jobs.id AND job_logs.job_id >= from_id AND job_logs.job_id < to_id OFFSET 0
            )
    ) THEN
        RETURN 'held';
    END IF;
    PERFORM set_config('lock_timeout', '500ms', true);
    EXECUTE format('DROP TABLE public.%I', partition_name);
    RETURN 'dropped';
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
    RETURN 'busy';
END
$$;

REVOKE ALL ON FUNCTION make_job_log_partitions(), drop_job_log_partition(text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_job_log_partitions(), drop_job_log_partition(text, integer) TO gantry_worker;

SELECT make_job_log_partitions();
