//! The live feed without Redis: followers are told, and told again when it is back; nothing is left behind.

use std::time::Duration;

use gantry_domain::JobId;
use gantry_queue::{FeedEvent, FeedHub, Follower};
use gantry_testkit::eventually;

use crate::fixture::{OwnRedis, SOON, line, lines_of, open, queue_name, run};

async fn next(follower: &mut Follower) -> FeedEvent {
    tokio::time::timeout(SOON, follower.next()).await.unwrap()
}

/// The clients of the server, but for the one that asks.
async fn clients(redis: &OwnRedis) -> Vec<String> {
    let client = deadpool_redis::redis::Client::open(redis.server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let clients: String = run(&mut connection, "CLIENT LIST").await;
    let others = clients
        .lines()
        .filter(|client| !client.contains("cmd=client"));
    others.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_follower_is_told_once_that_redis_is_away_and_once_that_it_is_back() {
    let mut redis = OwnRedis::start();
    let hub = FeedHub::start(&redis.queue);
    let job_id = JobId::generate();
    let mut follower = hub.follow(job_id, &queue_name()).await;
    redis
        .queue
        .publish_lines(&[lines_of(job_id, vec![line(1)])])
        .await
        .unwrap();
    assert!(matches!(next(&mut follower).await, FeedEvent::Lines(_)));
    redis.server.kill().unwrap();
    assert_eq!(next(&mut follower).await, FeedEvent::Disconnected);
    assert!(!follower.is_live());
    let mut latecomer = hub.follow(JobId::generate(), &queue_name()).await;
    assert_eq!(next(&mut latecomer).await, FeedEvent::Disconnected);
    redis.server.restart().unwrap();
    assert_eq!(next(&mut follower).await, FeedEvent::Changed);
    assert_eq!(next(&mut latecomer).await, FeedEvent::Changed);
    assert!(follower.is_live());
    let published = [lines_of(job_id, vec![line(2)])];
    eventually(SOON, || redis.queue.publish_lines(&published)).await;
    loop {
        match next(&mut follower).await {
            FeedEvent::Lines(lines) if *lines == [line(2)] => break,
            // What was published before may be heard again.
            FeedEvent::Lines(lines) => assert_eq!(*lines, [line(1)]),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_feed_that_lost_everything_goes_on() {
    let redis = OwnRedis::start();
    let hub = FeedHub::start(&redis.queue);
    let job_id = JobId::generate();
    let mut follower = hub.follow(job_id, &queue_name()).await;
    for seq in 1..=3 {
        hear(&redis, &mut follower, job_id, seq).await;
        redis.server.flush().unwrap();
    }
    hear(&redis, &mut follower, job_id, 4).await;
}

/// Publishes a line until it is heard. Redis numbers entries by its clock, so the first after a loss can have the number
/// of one that was read in the same millisecond; such a line is found in Postgres.
async fn hear(redis: &OwnRedis, follower: &mut Follower, job_id: JobId, seq: u64) {
    let published = [lines_of(job_id, vec![line(seq)])];
    let heard = FeedEvent::Lines(vec![line(seq)].into());
    let deadline = tokio::time::Instant::now() + SOON;
    while tokio::time::Instant::now() < deadline {
        redis.queue.publish_lines(&published).await.unwrap();
        let next = tokio::time::timeout(Duration::from_millis(200), follower.next()).await;
        if next.is_ok_and(|next| next == heard) {
            return;
        }
    }
    panic!("line {seq} was not heard");
}

#[tokio::test]
async fn following_works_without_redis_and_says_so() {
    let hub = FeedHub::start(&open("redis://127.0.0.1:1", "gantry"));
    let mut follower = hub.follow(JobId::generate(), &queue_name()).await;
    assert_eq!(next(&mut follower).await, FeedEvent::Disconnected);
    assert!(!follower.is_live());
}

#[tokio::test]
async fn all_followers_share_one_connection_and_free_it_when_they_are_gone() {
    let redis = OwnRedis::start();
    let hub = FeedHub::start(&redis.queue);
    let waiting = || async {
        let clients = clients(&redis).await;
        clients
            .iter()
            .filter(|client| client.contains("cmd=xread"))
            .count()
    };
    let mut followers = Vec::new();
    for _ in 0..50 {
        followers.push(hub.follow(JobId::generate(), &queue_name()).await);
    }
    eventually(SOON, || async {
        match waiting().await {
            1 => Ok(()),
            count => Err(format!("{count} connections wait")),
        }
    })
    .await;
    drop(followers);
    eventually(SOON, || async {
        match waiting().await {
            0 => Ok(()),
            count => Err(format!("{count} connections wait")),
        }
    })
    .await;
    // And the next one finds the hub as it was.
    let job_id = JobId::generate();
    let mut follower = hub.follow(job_id, &queue_name()).await;
    redis
        .queue
        .publish_lines(&[lines_of(job_id, vec![line(1)])])
        .await
        .unwrap();
    assert_eq!(
        next(&mut follower).await,
        FeedEvent::Lines(vec![line(1)].into())
    );
}
