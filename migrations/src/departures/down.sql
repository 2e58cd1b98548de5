DROP FUNCTION next_account_to_purge();
DROP FUNCTION purge_account_piece(uuid, integer);
DROP FUNCTION is_to_be_purged(account_deletions);
DROP FUNCTION purge_person(uuid);
DROP FUNCTION purge_rows_of_tenants(uuid, uuid[], integer);
DROP FUNCTION purge_waiting_profiles(uuid, integer);
DROP FUNCTION anonymise_audit_events(uuid, integer);
DROP FUNCTION anonymise_jobs(uuid, uuid, uuid, integer);
DROP FUNCTION purge_jobs(uuid, uuid[], integer);
DROP FUNCTION note_removed(uuid, text, bigint);
DROP FUNCTION next_account_to_close();
DROP FUNCTION close_account(uuid);
DROP FUNCTION end_account(uuid);
DROP FUNCTION end_tenant(uuid);
DROP FUNCTION end_jobs(uuid[]);
DROP FUNCTION is_nobodys(uuid);
DROP FUNCTION lock_directory_entry(uuid);
DROP FUNCTION is_to_be_closed(account_deletions);
DROP FUNCTION replace_last_owner(uuid);
DROP FUNCTION new_audit_event_id();
DROP FUNCTION account_export_page(uuid, text, text);
DROP POLICY past_retention ON job_logs;
DROP POLICY past_retention ON jobs;
DROP TABLE deletion_receipts;
DROP TABLE account_deletions;
DROP TABLE account_exports;
DROP INDEX audit_events_of_actor;
DO $$
DECLARE
    table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY['users', 'tenants', 'memberships', 'profiles', 'api_keys', 'audit_events', 'jobs',
        'job_attempts', 'job_logs', 'job_dependencies', 'batches', 'schedules', 'idempotency_keys', 'tenant_retention',
        'pauses', 'concurrency_limits', 'directory_entries']
    LOOP
        EXECUTE format('DROP POLICY account_functions ON %I', table_name);
    END LOOP;
END
$$;
DROP FUNCTION is_account_function();
CREATE POLICY past_retention ON jobs AS RESTRICTIVE FOR DELETE TO gantry_worker USING (
    state IN ('succeeded', 'failed', 'cancelled')
    AND finished_at < now() - make_interval(days => COALESCE((
        SELECT jobs_days FROM tenant_retention WHERE tenant_retention.tenant_id = jobs.tenant_id), 1))
    AND NOT EXISTS (SELECT FROM job_logs WHERE job_logs.job_id = jobs.id)
);
CREATE POLICY past_retention ON job_logs AS RESTRICTIVE FOR DELETE TO gantry_worker USING (
    NOT EXISTS (
        SELECT FROM jobs WHERE jobs.id = job_logs.job_id AND (jobs.finished_at IS NULL OR jobs.finished_at >= now()
            - make_interval(days => COALESCE((
                SELECT logs_days FROM tenant_retention WHERE tenant_retention.tenant_id = jobs.tenant_id), 1)))
    )
);
