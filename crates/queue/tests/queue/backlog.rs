//! Backlog positions: how the reconciler knows that nobody will hear a doorbell any more.

use gantry_domain::Priority;

use crate::fixture::{Fixture, OwnRedis, doorbell, doorbell_at, queue_name, read_all};

#[tokio::test]
async fn a_queue_that_was_never_used_has_nothing_to_wait_for() {
    let fixture = Fixture::new().await;
    let position = fixture.queue.position(&queue_name()).await.unwrap();
    assert!(position.has_passed(&position.watermark()));
}

#[tokio::test]
async fn a_doorbell_is_passed_once_delivered_not_once_acknowledged() {
    let fixture = Fixture::new().await;
    let position = || async { fixture.queue.position(&queue_name()).await.unwrap() };
    fixture.queue.ring(&[doorbell(), doorbell()]).await.unwrap();
    let mark = position().await.watermark();
    assert!(
        !position().await.has_passed(&mark),
        "no worker has made the group yet"
    );
    let mut reader = fixture.reader();
    let first = read_all(&mut reader, 1).await;
    reader.acknowledge(&first).await.unwrap();
    assert!(!position().await.has_passed(&mark), "one is left");
    read_all(&mut reader, 1).await;
    assert!(position().await.has_passed(&mark));
}

#[tokio::test]
async fn later_doorbells_do_not_matter() {
    let fixture = Fixture::new().await;
    let position = || async { fixture.queue.position(&queue_name()).await.unwrap() };
    fixture.queue.ring(&[doorbell()]).await.unwrap();
    let mark = position().await.watermark();
    fixture.queue.ring(&[doorbell(), doorbell()]).await.unwrap();
    let mut reader = fixture.reader();
    read_all(&mut reader, 1).await;
    assert!(position().await.has_passed(&mark));
    assert!(!position().await.has_passed(&position().await.watermark()));
}

#[tokio::test]
async fn every_priority_has_to_be_passed() {
    let fixture = Fixture::new().await;
    let position = || async { fixture.queue.position(&queue_name()).await.unwrap() };
    let rung = [doorbell_at(Priority::High), doorbell_at(Priority::Low)];
    fixture.queue.ring(&rung).await.unwrap();
    let mark = position().await.watermark();
    let mut reader = fixture.reader();
    read_all(&mut reader, 1).await;
    assert!(!position().await.has_passed(&mark));
    read_all(&mut reader, 1).await;
    assert!(position().await.has_passed(&mark));
}

#[tokio::test]
async fn a_doorbell_that_was_deleted_undelivered_is_not_waited_for() {
    let fixture = Fixture::new().await;
    let position = || async { fixture.queue.position(&queue_name()).await.unwrap() };
    fixture.queue.ring(&[doorbell()]).await.unwrap();
    let mark = position().await.watermark();
    let key = fixture.work_key(Priority::Normal);
    let _: u64 = fixture.command(&format!("XTRIM {key} MAXLEN 0")).await;
    assert!(position().await.has_passed(&mark));
}

#[tokio::test]
async fn a_stream_that_was_lost_is_passed_and_so_is_one_that_came_in_its_place() {
    let redis = OwnRedis::start();
    let position = || async { redis.queue.position(&queue_name()).await.unwrap() };
    redis.queue.ring(&[doorbell()]).await.unwrap();
    let mark = position().await.watermark();
    redis.server.flush().unwrap();
    assert!(position().await.has_passed(&mark));
    redis.queue.ring(&[doorbell()]).await.unwrap();
    let now = position().await;
    assert!(now.has_passed(&mark), "what waits now was rung later");
    assert!(!now.has_passed(&now.watermark()));
}
