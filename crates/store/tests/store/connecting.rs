//! Connecting: what is said when Postgres is away, has no schema, or does not hold the login by row-level security.

use gantry_store::{ApiStore, StoreError, StoreOptions, WorkerStore};
use gantry_testkit::TestDatabase;

use crate::fixture::options;

async fn checks(options: &StoreOptions) -> [Result<(), StoreError>; 2] {
    let api = ApiStore::open(options).await.unwrap();
    let worker = WorkerStore::open(options).await.unwrap();
    [api.check().await, worker.check().await]
}

#[tokio::test]
async fn an_owner_takes_the_services_roles_and_is_held_by_them() {
    let database = TestDatabase::create().await;
    for check in checks(&options(database.url())).await {
        check.unwrap();
    }
}

#[tokio::test]
async fn a_database_without_the_schema_says_what_to_run() {
    let database = TestDatabase::empty().await;
    for check in checks(&options(database.url())).await {
        let error = check.unwrap_err();
        assert!(matches!(error, StoreError::SchemaMissing), "{error:?}");
        assert!(error.to_string().contains("gantry-migrate up"));
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_unavailable_and_opening_does_not_wait_for_it() {
    let unreachable = options("postgres://nobody:nothing@127.0.0.1:1/nowhere");
    for check in checks(&unreachable).await {
        let error = check.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
        assert!(
            !error.to_string().contains("nothing"),
            "no password is shown"
        );
    }
}

#[tokio::test]
async fn a_connection_that_was_cut_is_unavailable_once_and_then_made_anew() {
    let database = TestDatabase::create().await;
    let options = StoreOptions {
        max_connections: 1,
        ..options(database.url())
    };
    let store = ApiStore::open(&options).await.unwrap();
    store.ping().await.unwrap();
    database
        .execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'gantry_api'",
        )
        .await;
    let error = store.ping().await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    store.ping().await.unwrap();
}

#[tokio::test]
async fn a_statement_that_is_refused_is_not_taken_for_an_absence() {
    let database = TestDatabase::create().await;
    let store = ApiStore::open(&options(database.url())).await.unwrap();
    database
        .execute("REVOKE SELECT ON kinds FROM gantry_api")
        .await;
    let error = store.kinds().await.unwrap_err();
    assert!(matches!(error, StoreError::Statement(_)), "{error:?}");
}

#[tokio::test]
async fn a_url_that_cannot_be_understood_is_refused_at_once() {
    ApiStore::open(&options("not a url")).await.unwrap_err();
}

#[tokio::test]
async fn a_schema_without_the_newest_migration_is_refused_by_name() {
    let database = TestDatabase::create().await;
    let newest = "SELECT max(version) FROM seaql_migrations";
    let newest = database.text(newest).await.unwrap();
    database
        .execute(&format!(
            "DELETE FROM seaql_migrations WHERE version = '{newest}'"
        ))
        .await;
    for check in checks(&options(database.url())).await {
        let error = check.unwrap_err();
        assert!(
            matches!(error, StoreError::SchemaBehind { migration } if migration == newest),
            "{error:?}: name the newest migration where the store checks the schema"
        );
    }
}

#[tokio::test]
async fn a_schema_of_a_later_version_is_welcome() {
    let database = TestDatabase::create().await;
    database
        .execute("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_later', 0)")
        .await;
    for check in checks(&options(database.url())).await {
        check.unwrap();
    }
}
