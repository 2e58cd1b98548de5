//! Applying, undoing and listing, also by several at once and by an owner with few rights.

use gantry_migrations::{MigrationError, down, status, up};
use gantry_testkit::TestDatabase;
use sqlx::{Connection, PgConnection};

/// Every table, function and policy, as far as a round trip must leave them alike; partitions are named after days.
const OBJECTS: &str = "
    SELECT string_agg(name, ', ' ORDER BY name) FROM (
        SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND NOT relispartition
        UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT tablename || '.' || policyname FROM pg_policies
        UNION ALL SELECT nspacl::text FROM pg_namespace WHERE nspname = 'public'
    ) AS objects";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_four_who_start_at_once_one_applies_and_the_others_find_it_done() {
    let database = TestDatabase::empty().await;
    let url = database.url();
    let results = tokio::join!(up(url), up(url), up(url), up(url));
    let mut applied = [results.0, results.1, results.2, results.3].map(Result::unwrap);
    applied.sort_unstable();
    let all = status(url).await.unwrap().len();
    assert_eq!(applied, [0, 0, 0, all]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_databases_of_one_server_can_be_migrated_at_once() {
    let databases = tokio::join!(
        TestDatabase::empty(),
        TestDatabase::empty(),
        TestDatabase::empty()
    );
    let (one, two, three) = (databases.0.url(), databases.1.url(), databases.2.url());
    let results = tokio::join!(up(one), up(two), up(three));
    for result in [results.0, results.1, results.2] {
        result.unwrap();
    }
}

#[tokio::test]
async fn everything_can_be_undone_and_done_again() {
    let database = TestDatabase::empty().await;
    let url = database.url();
    let count = up(url).await.unwrap();
    let applied = database.text(OBJECTS).await;
    assert_eq!(
        down(url, u32::try_from(count).unwrap()).await.unwrap(),
        count
    );
    let left = "SELECT string_agg(relname, ', ') FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'";
    assert_eq!(
        database.text(left).await.as_deref(),
        Some("seaql_migrations")
    );
    assert_eq!(up(url).await.unwrap(), count);
    assert_eq!(database.text(OBJECTS).await, applied);
}

#[tokio::test]
async fn no_more_is_undone_than_there_is() {
    let database = TestDatabase::empty().await;
    assert_eq!(down(database.url(), 1).await.unwrap(), 0);
    let count = up(database.url()).await.unwrap();
    assert_eq!(down(database.url(), 99).await.unwrap(), count);
}

#[tokio::test]
async fn the_status_tells_what_the_database_has() {
    let database = TestDatabase::empty().await;
    let url = database.url();
    let missing = status(url).await.unwrap();
    assert_eq!(missing[0].name, "m0001_foundation");
    assert!(missing.iter().all(|migration| !migration.is_applied));
    up(url).await.unwrap();
    assert!(
        status(url)
            .await
            .unwrap()
            .iter()
            .all(|migration| migration.is_applied)
    );
}

#[tokio::test]
async fn a_failure_leaves_the_schema_as_it_was() {
    let database = TestDatabase::empty().await;
    // In the way of the last part of the first migration.
    database
        .execute("CREATE FUNCTION current_door() RETURNS text LANGUAGE sql RETURN 'mine'")
        .await;
    let error = up(database.url()).await.unwrap_err();
    assert!(matches!(error, MigrationError::Database(_)));
    assert_eq!(database.text("SELECT to_regclass('jobs')").await, None);
    database.execute("DROP FUNCTION current_door()").await;
    up(database.url()).await.unwrap();
}

#[tokio::test]
async fn whoever_holds_a_table_for_long_is_not_waited_for_with_everyone_behind() {
    let database = TestDatabase::create().await;
    let url = database.url();
    let mut holder = database.connection().await;
    sqlx::raw_sql("BEGIN; SELECT FROM jobs")
        .execute(&mut holder)
        .await
        .unwrap();
    let error = down(url, 1).await.unwrap_err();
    assert!(matches!(error, MigrationError::Locked), "{error}");
    let all = status(url).await.unwrap();
    assert!(all.iter().all(|migration| migration.is_applied));
    drop(holder);
    assert_eq!(down(url, 1).await.unwrap(), 1);
}

/// Whoever owns the machine chooses what its login sends.
#[tokio::test]
async fn a_machine_of_a_tenants_own_holds_up_no_migration() {
    let database = TestDatabase::create().await;
    let (_, server) = database.url().split_once('@').unwrap();
    let (_, random) = database.name().rsplit_once('_').unwrap();
    let login = format!("gantry_enrolled_{random:0>32}");
    let make = format!("CREATE ROLE {login} LOGIN PASSWORD 'of-this-test' IN ROLE gantry_enrolled");
    database.execute(&make).await;
    let machine = format!("postgres://{login}:of-this-test@{server}");
    let mut hand = PgConnection::connect(&machine).await.unwrap();
    let held = sqlx::raw_sql("BEGIN; SELECT FROM jobs")
        .execute(&mut hand)
        .await;
    let undone = down(database.url(), 1).await;
    database.execute(&format!("DROP ROLE {login}")).await;
    held.unwrap();
    assert_eq!(undone.unwrap(), 1);
}

/// Whose roles were made beforehand, as on a hosted database.
#[tokio::test]
async fn an_owner_who_may_not_make_roles_can_migrate_once_they_exist() {
    let elsewhere = TestDatabase::create().await;
    let database = TestDatabase::empty().await;
    let (_, random) = database.name().rsplit_once('_').unwrap();
    let owner = format!("owner_{random}");
    database
        .execute(&format!(
            "CREATE ROLE {owner} LOGIN PASSWORD 'for-this-test' IN ROLE gantry_api, gantry_worker;
             ALTER SCHEMA public OWNER TO {owner}"
        ))
        .await;
    let (_, server) = database.url().split_once('@').unwrap();
    let migrated = up(&format!("postgres://{owner}:for-this-test@{server}")).await;
    database
        .execute(&format!(
            "REASSIGN OWNED BY {owner} TO CURRENT_USER; DROP OWNED BY {owner}; DROP ROLE {owner}"
        ))
        .await;
    drop(elsewhere);
    migrated.unwrap();
}

#[tokio::test]
async fn a_login_that_is_refused_is_an_error_without_its_password() {
    let database = TestDatabase::empty().await;
    let (_, server) = database.url().split_once('@').unwrap();
    let refused = format!("postgres://nobody:secret-word@{server}");
    let error = up(&refused).await.unwrap_err();
    assert!(!error.to_string().contains("secret-word"), "{error}");
}
