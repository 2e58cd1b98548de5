//! What becomes of log lines while their table is parted and put together again, and who may part it.

#![expect(
    clippy::unwrap_used,
    reason = "a function that serves tests fails them as they may fail themselves"
)]

use gantry_migrations::{MigrationError, down, status, up};
use gantry_testkit::TestDatabase;

/// Rows of the schema before logs were parted: a job with lines of today, and one of a clock that is a year ahead.
const ROWS_BEFORE: &str = "
    INSERT INTO jobs (id, tenant_id, created_by, kind, queue, priority, state, max_attempts, timeout_seconds, payload, queued_at)
    SELECT id::uuid, gen_random_uuid(), gen_random_uuid(), 'test.echo', 'default', 'normal', 'queued', 1, 60, '{}', now()
    FROM unnest(ARRAY[
        '019283c8-0000-7000-8000-000000000001',
        rpad(lpad(to_hex((extract(epoch FROM now() + interval '365 days') * 1000)::bigint), 12, '0'), 32, '7')
    ]) AS id;
    INSERT INTO job_logs (job_id, attempt, seq, tenant_id, at, stream, level, text)
    SELECT jobs.id, 1, seq, jobs.tenant_id, now(), 'stdout', 'info', 'line ' || seq
    FROM jobs, generate_series(1, 3) AS seq";

const LINES: &str = "SELECT string_agg(concat_ws(' ', job_id, attempt, seq, tenant_id, text), ';' ORDER BY job_id, seq) FROM job_logs";

const PARTITIONS: &str =
    "SELECT string_agg(inhrelid::regclass::text, ' ' ORDER BY inhrelid::regclass::text)
    FROM pg_inherits WHERE inhparent = 'job_logs'::regclass";

#[tokio::test]
async fn lines_survive_the_parting_of_their_table_and_the_way_back() {
    let database = TestDatabase::empty().await;
    let url = database.url();
    let steps = migrate_to_before(url).await.unwrap();
    database.execute(ROWS_BEFORE).await;
    let lines = database.text(LINES).await;

    up(url).await.unwrap();
    assert_eq!(database.text(LINES).await, lines);
    let in_first = "SELECT count(*) FROM job_logs_first";
    assert_eq!(database.number(in_first).await, 3);
    let in_default = "SELECT count(*) FROM job_logs_default";
    assert_eq!(database.number(in_default).await, 3);

    down(url, steps).await.unwrap();
    assert_eq!(database.text(LINES).await, lines);
    let keys = "SELECT count(*) FROM pg_constraint WHERE conrelid = 'job_logs'::regclass AND contype IN ('p', 'f')";
    assert_eq!(database.number(keys).await, 2);

    up(url).await.unwrap();
    assert_eq!(database.text(LINES).await, lines);
}

/// Row-level security is forced on such an owner too; it must hide no row from the migration, and no job from the
/// function that decides whether a partition may go.
#[tokio::test]
async fn lines_survive_where_the_owner_is_no_superuser() {
    let database = TestDatabase::empty().await;
    let _roles = TestDatabase::create().await;
    let (_, random) = database.name().rsplit_once('_').unwrap();
    let owner = format!("owner_{random}");
    database
        .execute(&format!(
            "CREATE ROLE {owner} LOGIN PASSWORD 'for-this-test' IN ROLE gantry_api, gantry_worker;
             ALTER SCHEMA public OWNER TO {owner}"
        ))
        .await;
    let (_, server) = database.url().split_once('@').unwrap();
    let url = format!("postgres://{owner}:for-this-test@{server}");
    let seen = round_trip_with_lines(&database, &url).await;
    database
        .execute(&format!(
            "REASSIGN OWNED BY {owner} TO CURRENT_USER; DROP OWNED BY {owner}; DROP ROLE {owner}"
        ))
        .await;
    let seen = seen.unwrap();
    assert_eq!(seen.parted, seen.before);
    assert_eq!(seen.back, seen.before);
    assert!(
        seen.refusal.contains("only the maintenance may drop"),
        "{}",
        seen.refusal
    );
    assert_eq!(seen.answer, "held");
}

#[tokio::test]
async fn there_are_partitions_for_seven_days_to_come_and_one_for_all_else() {
    let database = TestDatabase::create().await;
    let names = database.text(PARTITIONS).await.unwrap();
    let names: Vec<_> = names.split(' ').collect();
    assert!(names.contains(&"job_logs_first"), "{names:?}");
    assert!(names.contains(&"job_logs_default"), "{names:?}");
    assert_eq!(names.len(), 2 + 7, "{names:?}");
    let made_again = "SELECT make_job_log_partitions()";
    assert_eq!(database.text(made_again).await.as_deref(), Some("0"));
}

/// A year without a worker is a gap that the default partition covers.
#[tokio::test]
async fn a_missing_day_is_made_where_the_default_partition_holds_nothing_of_it() {
    let database = TestDatabase::create().await;
    let tomorrow = database
        .text("SELECT min(name) FROM job_log_partitions WHERE first_id IS NOT NULL")
        .await
        .unwrap();
    database.execute(&format!("DROP TABLE {tomorrow}")).await;
    let line = "INSERT INTO job_logs SELECT lowest_job_id(now() + interval '25 hours'), 1, 1, gen_random_uuid(), now(),
        'stdout', 'info', ''";
    database.execute(line).await;
    let make = "SELECT make_job_log_partitions()::bigint";
    assert_eq!(database.number(make).await, 0);
    database.execute("DELETE FROM job_logs").await;
    assert_eq!(database.number(make).await, 1);
}

#[tokio::test]
async fn nobody_but_the_maintenance_drops_a_partition() {
    let database = TestDatabase::create().await;
    let mut connection = database.connection().await;
    let drop_one = "SELECT drop_job_log_partition('job_logs_first', 1)";
    for (role, door) in [("gantry_api", "submit"), ("gantry_api", "dispatch")] {
        let sql = format!("SET ROLE {role}; SET app.door = '{door}'; {drop_one}");
        let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(&mut connection)
            .await;
        assert!(
            refused
                .unwrap_err()
                .to_string()
                .contains("permission denied")
        );
        sqlx::raw_sql("RESET ROLE")
            .execute(&mut connection)
            .await
            .unwrap();
    }
}

/// What was seen on the way from the table as it was to partitions and back.
struct RoundTrip {
    before: Option<String>,
    parted: Option<String>,
    back: Option<String>,
    /// What a worker is told that wants to drop a partition without the door.
    refusal: String,
    /// What it is told with the door, about a partition with the lines of a job that waits.
    answer: String,
}

async fn round_trip_with_lines(
    database: &TestDatabase,
    url: &str,
) -> Result<RoundTrip, MigrationError> {
    let steps = migrate_to_before(url).await?;
    database.execute(ROWS_BEFORE).await;
    let before = database.text(LINES).await;
    up(url).await?;
    let parted = database.text(LINES).await;
    database.execute(AGED_FIRST_PARTITION).await;
    let mut connection = database.connection().await;
    let drop_first = "SELECT drop_job_log_partition('job_logs_first', 1)";
    sqlx::raw_sql("SET ROLE gantry_worker")
        .execute(&mut connection)
        .await
        .unwrap();
    let refused = sqlx::query(drop_first).execute(&mut connection).await;
    sqlx::raw_sql("SET app.door = 'dispatch'")
        .execute(&mut connection)
        .await
        .unwrap();
    let answer = sqlx::query_scalar(drop_first)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    down(url, steps).await?;
    Ok(RoundTrip {
        before,
        parted,
        back: database.text(LINES).await,
        refusal: refused.unwrap_err().to_string(),
        answer,
    })
}

/// Lets the first partition end a week ago, as if the migration had been applied then.
const AGED_FIRST_PARTITION: &str = "
    ALTER TABLE job_logs DETACH PARTITION job_logs_first;
    DO $$ BEGIN
        EXECUTE format('ALTER TABLE job_logs ATTACH PARTITION job_logs_first FOR VALUES FROM (MINVALUE) TO (%L)',
            lowest_job_id(now() - interval '7 days'));
    END $$";

/// Applies everything before the migration; says how many steps lead back from the newest schema to there.
async fn migrate_to_before(url: &str) -> Result<u32, MigrationError> {
    let names = status(url).await?;
    let place = names
        .iter()
        .position(|one| one.name.ends_with("_retention"));
    let steps = u32::try_from(names.len() - place.unwrap()).unwrap();
    up(url).await?;
    down(url, steps).await?;
    Ok(steps)
}
