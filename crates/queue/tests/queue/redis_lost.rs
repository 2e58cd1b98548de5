//! Redis losing everything, or being away for a while: readers come back by themselves.

use std::time::Duration;

use deadpool_redis::redis::Client;
use gantry_domain::WorkerId;
use gantry_queue::{DoorbellReader, EvictionPolicy, SignalReader};
use gantry_testkit::eventually;

use crate::fixture::{OwnRedis, SOON, doorbell, doorbells, queue_name, run};

fn reader(redis: &OwnRedis) -> DoorbellReader {
    DoorbellReader::new(&redis.queue, &[queue_name()], WorkerId::generate())
}

/// How many clients wait inside Redis.
async fn waiting_clients(redis: &OwnRedis) -> usize {
    let client = Client::open(redis.server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let clients: String = run(&mut connection, "CLIENT LIST").await;
    clients
        .lines()
        .filter(|client| client.contains("flags=b"))
        .count()
}

async fn wait_until_it_waits(redis: &OwnRedis) {
    eventually(SOON, || async {
        match waiting_clients(redis).await {
            0 => Err("nobody waits"),
            _ => Ok(()),
        }
    })
    .await;
}

#[tokio::test]
async fn a_reader_that_waits_while_everything_is_lost_goes_on() {
    let redis = OwnRedis::start();
    let mut reader = reader(&redis);
    let reading = tokio::spawn(async move {
        loop {
            let delivery = reader.read(1).await.unwrap();
            if !delivery.doorbells.is_empty() {
                return delivery.doorbells;
            }
        }
    });
    wait_until_it_waits(&redis).await;
    redis.server.flush().unwrap();
    let rung = doorbell();
    redis.queue.ring(std::slice::from_ref(&rung)).await.unwrap();
    let heard = tokio::time::timeout(SOON, reading).await.unwrap().unwrap();
    assert_eq!(doorbells(&heard), [rung]);
}

#[tokio::test]
async fn a_reader_whose_group_is_gone_makes_it_anew_and_misses_nothing() {
    let redis = OwnRedis::start();
    let mut reader = reader(&redis);
    redis.queue.ring(&[doorbell()]).await.unwrap();
    let delivered = reader.read(1).await.unwrap().doorbells;
    redis.server.flush().unwrap();
    let rung = doorbell();
    redis.queue.ring(std::slice::from_ref(&rung)).await.unwrap();
    // What was acknowledged too late is gone with the rest.
    reader.acknowledge(&delivered).await.unwrap();
    let mut heard = Vec::new();
    while heard.is_empty() {
        heard = reader.read(1).await.unwrap().doorbells;
    }
    assert_eq!(doorbells(&heard), [rung]);
}

#[tokio::test]
async fn readers_fail_while_redis_is_away_and_work_once_it_is_back() {
    let mut redis = OwnRedis::start();
    let mut reader = reader(&redis);
    let mut signals = SignalReader::new(&redis.queue, WorkerId::generate());
    redis.queue.ring(&[doorbell()]).await.unwrap();
    reader.read(1).await.unwrap();
    redis.server.kill().unwrap();
    reader.read(1).await.unwrap_err();
    signals.read().await.unwrap_err();
    redis.queue.ring(&[doorbell()]).await.unwrap_err();
    redis.queue.position(&queue_name()).await.unwrap_err();
    redis.queue.eviction_policy().await.unwrap_err();
    redis.server.restart().unwrap();
    let rung = doorbell();
    eventually(SOON, || redis.queue.ring(std::slice::from_ref(&rung))).await;
    let mut heard = Vec::new();
    while !heard.contains(&rung) {
        let delivered = reader.read(10).await.unwrap().doorbells;
        reader.acknowledge(&delivered).await.unwrap();
        heard.extend(doorbells(&delivered));
    }
    signals.read().await.unwrap();
}

#[tokio::test]
async fn a_redis_that_would_throw_keys_away_says_so() {
    let redis = OwnRedis::start();
    let client = Client::open(redis.server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let _: String = run(&mut connection, "CONFIG SET maxmemory-policy allkeys-lru").await;
    let evicts = EvictionPolicy::Evicts("allkeys-lru".to_owned());
    assert_eq!(redis.queue.eviction_policy().await.unwrap(), evicts);
    let _: String = run(&mut connection, "ACL SETUSER default -config").await;
    assert_eq!(
        redis.queue.eviction_policy().await.unwrap(),
        EvictionPolicy::Unknown
    );
}

#[tokio::test]
async fn a_full_redis_refuses_to_ring_and_still_delivers() {
    let redis = OwnRedis::start();
    let mut reader = reader(&redis);
    let rung = doorbell();
    redis.queue.ring(std::slice::from_ref(&rung)).await.unwrap();
    // The groups are made while there is room.
    let delivered = reader.read(1).await.unwrap().doorbells;
    let client = Client::open(redis.server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let _: String = run(&mut connection, "CONFIG SET maxmemory 1").await;
    redis.queue.ring(&[doorbell()]).await.unwrap_err();
    reader.acknowledge(&delivered).await.unwrap();
    let _: String = run(&mut connection, "CONFIG SET maxmemory 0").await;
    eventually(Duration::from_secs(20), || {
        redis.queue.ring(std::slice::from_ref(&rung))
    })
    .await;
}

/// A worker without room hands on what a waiting read brings, which a full Redis refuses.
#[tokio::test]
async fn what_could_not_be_handed_on_comes_with_the_next_read() {
    let redis = OwnRedis::start();
    let mut reader = reader(&redis);
    let rung = [doorbell(), doorbell()];
    redis.queue.ring(&rung[..1]).await.unwrap();
    let delivered = reader.read(1).await.unwrap().doorbells;
    reader.acknowledge(&delivered).await.unwrap();
    redis.queue.ring(&rung[1..]).await.unwrap();
    redis.server.command("CONFIG SET maxmemory 1").unwrap();
    assert!(reader.read(0).await.is_err());
    let delivered = reader.read(10).await.unwrap().doorbells;
    assert_eq!(doorbells(&delivered), rung[1..]);
}
