//! The schema the migrations make, as a snapshot: columns, constraints, indexes, policies and rights.

use gantry_testkit::TestDatabase;

/// Everything that services rely on, one line each, in a fixed order and in words that no version of Postgres changes.
/// Partitions are left out: they are named after days.
const SCHEMA: &str = "
    SELECT string_agg(line, E'\\n' ORDER BY sort, line) FROM (
        SELECT 1 AS sort, format('table %s%s%s%s', relname,
            CASE WHEN relkind = 'p' THEN ', partitioned' ELSE '' END,
            CASE WHEN relrowsecurity THEN ', row-level security' ELSE '' END,
            CASE WHEN relforcerowsecurity THEN ', forced' ELSE '' END) AS line
        FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
        UNION ALL
        SELECT 2, format('column %s.%s %s%s%s', relname, attname, format_type(atttypid, atttypmod),
            CASE WHEN attnotnull THEN ' not null' ELSE '' END,
            COALESCE(' default ' || pg_get_expr(adbin, adrelid), ''))
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
            LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
            AND attnum > 0 AND NOT attisdropped
        UNION ALL
        SELECT 3, format('constraint %s.%s %s', conrelid::regclass, conname, regexp_replace(pg_get_constraintdef(pg_constraint.oid), '\\s+', ' ', 'g'))
        FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
        WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f', 'p', 'u') AND NOT relispartition
        UNION ALL
        SELECT 4, format('index %s', pg_get_indexdef(oid))
        FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('i', 'I') AND NOT relispartition
        UNION ALL
        SELECT 5, format('policy %s.%s%s %s to %s using %s check %s', tablename, policyname,
            CASE WHEN permissive = 'RESTRICTIVE' THEN ' restricts' ELSE '' END, cmd, roles,
            regexp_replace(qual, '\\s+', ' ', 'g'), with_check)
        FROM pg_policies WHERE schemaname = 'public'
        UNION ALL
        SELECT 6, format('right %s %s on %s', grantee, string_agg(privilege_type, ', ' ORDER BY privilege_type), table_name)
        FROM information_schema.role_table_grants
        WHERE table_schema = 'public' AND grantee LIKE 'gantry%' GROUP BY grantee, table_name
        UNION ALL
        SELECT 7, format('right %s %s of %s on %s', grantee, lower(privilege_type),
            string_agg(column_name, ', ' ORDER BY column_name), table_name)
        FROM information_schema.column_privileges AS of_columns
        WHERE table_schema = 'public' AND grantee LIKE 'gantry%' AND privilege_type IN ('INSERT', 'UPDATE') AND NOT EXISTS (
            SELECT FROM information_schema.role_table_grants AS of_tables
            WHERE of_tables.grantee = of_columns.grantee AND of_tables.table_name = of_columns.table_name
                AND of_tables.privilege_type = of_columns.privilege_type
        ) GROUP BY grantee, table_name, privilege_type
        UNION ALL
        SELECT 8, format('function %s(%s) %s', proname, pg_get_function_arguments(oid), pg_get_function_result(oid))
        FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    ) AS lines";

#[tokio::test]
async fn the_schema_is_the_reviewed_one() {
    let database = TestDatabase::create().await;
    insta::assert_snapshot!(database.text(SCHEMA).await.unwrap());
}

/// A table of a tenant's without its guard would show everyone everything.
#[tokio::test]
async fn every_table_with_a_tenant_is_held_by_forced_row_level_security() {
    let database = TestDatabase::create().await;
    let unguarded = "SELECT string_agg(relname, ', ') FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND attname = 'tenant_id'
            AND NOT (relrowsecurity AND relforcerowsecurity)";
    assert_eq!(database.text(unguarded).await, None);
}

#[tokio::test]
async fn the_services_roles_have_no_power_but_what_is_granted() {
    let database = TestDatabase::create().await;
    let powerful = "SELECT count(*) FROM pg_roles WHERE rolname IN ('gantry_api', 'gantry_worker', 'gantry_enrolled')
        AND (rolsuper OR rolbypassrls OR rolcanlogin OR rolcreaterole OR rolcreatedb)";
    assert_eq!(database.number(powerful).await, 0);
    let roles = "SELECT count(*) FROM pg_roles WHERE rolname IN ('gantry_api', 'gantry_worker', 'gantry_enrolled')";
    assert_eq!(database.number(roles).await, 3);
    let owned = "SELECT count(*) FROM pg_class
        WHERE relowner IN ('gantry_api'::regrole, 'gantry_worker'::regrole, 'gantry_enrolled'::regrole)";
    assert_eq!(database.number(owned).await, 0);
}
