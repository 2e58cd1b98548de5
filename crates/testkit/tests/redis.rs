//! A share of Redis per test: a prefix of its own, empty before and after.

use deadpool_redis::redis::AsyncCommands;
use gantry_testkit::TestRedis;

#[tokio::test]
async fn two_tests_never_share_a_prefix() {
    let (one, other) = (TestRedis::create().await, TestRedis::create().await);
    assert_ne!(one.prefix(), other.prefix());
    assert!(one.prefix().ends_with(':'));
}

#[tokio::test]
async fn the_keys_of_a_test_and_only_those_are_deleted_afterwards() {
    let (one, other) = (TestRedis::create().await, TestRedis::create().await);
    let mut connection = other.connection().await;
    let (gone, kept) = (
        format!("{}key", one.prefix()),
        format!("{}key", other.prefix()),
    );
    let _: () = connection.set(&gone, 1).await.unwrap();
    let _: () = connection.set(&kept, 1).await.unwrap();
    drop(one);
    assert!(!connection.exists::<_, bool>(&gone).await.unwrap());
    assert!(connection.exists::<_, bool>(&kept).await.unwrap());
}
