//! A database per test: migrated, empty, apart from all others, and gone afterwards.

use gantry_testkit::TestDatabase;

#[tokio::test]
async fn a_test_database_has_the_schema_and_no_rows() {
    let database = TestDatabase::create().await;
    assert_eq!(database.number("SELECT count(*) FROM jobs").await, 0);
    assert_eq!(
        database.text("SELECT current_database()").await.as_deref(),
        Some(database.name())
    );
}

#[tokio::test]
async fn two_test_databases_see_nothing_of_each_other() {
    let (one, other) = tokio::join!(TestDatabase::create(), TestDatabase::create());
    one.execute("CREATE TABLE notes (text text); INSERT INTO notes VALUES ('mine')")
        .await;
    assert_eq!(
        one.text("SELECT text FROM notes").await.as_deref(),
        Some("mine")
    );
    assert_eq!(other.text("SELECT to_regclass('notes')").await, None);
}

#[tokio::test]
async fn an_empty_database_has_no_schema() {
    let database = TestDatabase::empty().await;
    assert_eq!(database.text("SELECT to_regclass('jobs')").await, None);
}

#[tokio::test]
async fn a_test_database_is_gone_afterwards_even_while_connected() {
    let onlooker = TestDatabase::empty().await;
    let database = TestDatabase::create().await;
    let name = database.name().to_owned();
    let _connection = database.connection().await;
    drop(database);
    let left = onlooker
        .number(&format!(
            "SELECT count(*) FROM pg_database WHERE datname = '{name}'"
        ))
        .await;
    assert_eq!(left, 0);
}
