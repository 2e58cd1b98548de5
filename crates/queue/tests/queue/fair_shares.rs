//! Fair shares: a tenant with many jobs waiting does not hold up one with few.

use std::collections::BTreeMap;

use gantry_domain::{Doorbell, Priority, TenantShard};
use gantry_queue::Delivered;

use crate::fixture::{Fixture, doorbell, doorbells};

fn waiting(shard: TenantShard, count: usize) -> Vec<Doorbell> {
    let one = || Doorbell {
        shard,
        ..doorbell()
    };
    (0..count).map(|_| one()).collect()
}

fn by_shard(delivered: &[Delivered]) -> BTreeMap<TenantShard, usize> {
    let mut counts = BTreeMap::new();
    for one in delivered {
        *counts.entry(one.doorbell.shard).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn one_job_behind_ten_thousand_of_another_tenant_is_among_the_next_two() {
    let fixture = Fixture::new().await;
    let shards: Vec<_> = TenantShard::all().collect();
    for part in waiting(shards[7], 10_000).chunks(1_000) {
        fixture.queue.ring(part).await.unwrap();
    }
    let mut reader = fixture.reader();
    let before = reader.read(1).await.unwrap().doorbells;
    assert_eq!(before[0].doorbell.shard, shards[7]);
    let single = waiting(shards[3], 1);
    fixture.queue.ring(&single).await.unwrap();
    let mut next = Vec::new();
    for _ in 0..2 {
        next.extend(reader.read(1).await.unwrap().doorbells);
    }
    assert!(doorbells(&next).contains(&single[0]));
}

#[tokio::test]
async fn a_large_read_gives_everyone_an_equal_share_and_the_rest_to_whoever_has_more() {
    let fixture = Fixture::new().await;
    let shards: Vec<_> = TenantShard::all().collect();
    for (shard, count) in [(0, 500), (5, 500), (9, 3)] {
        fixture
            .queue
            .ring(&waiting(shards[shard], count))
            .await
            .unwrap();
    }
    let delivered = fixture.reader().read(103).await.unwrap().doorbells;
    let expected = [(shards[0], 50), (shards[5], 50), (shards[9], 3)];
    assert_eq!(by_shard(&delivered), BTreeMap::from(expected));
}

#[tokio::test]
async fn small_reads_go_round() {
    let fixture = Fixture::new().await;
    let shards: Vec<_> = TenantShard::all().collect();
    for shard in [0, 1, 30] {
        fixture
            .queue
            .ring(&waiting(shards[shard], 20))
            .await
            .unwrap();
    }
    let mut reader = fixture.reader();
    let mut delivered = Vec::new();
    for _ in 0..30 {
        delivered.extend(reader.read(1).await.unwrap().doorbells);
    }
    let expected = [(shards[0], 10), (shards[1], 10), (shards[30], 10)];
    assert_eq!(by_shard(&delivered), BTreeMap::from(expected));
}

#[tokio::test]
async fn no_read_brings_more_than_there_is_room_for() {
    let fixture = Fixture::new().await;
    for shard in TenantShard::all() {
        fixture.queue.ring(&waiting(shard, 40)).await.unwrap();
    }
    let mut reader = fixture.reader();
    for room in [1, 2, 31, 32, 33, 64, 100, 257] {
        let delivered = reader.read(room).await.unwrap().doorbells;
        assert_eq!(delivered.len(), room);
    }
}

#[tokio::test]
async fn a_single_tenant_gets_all_the_room() {
    let fixture = Fixture::new().await;
    let rung = waiting(TenantShard::all().next().unwrap(), 300);
    fixture.queue.ring(&rung).await.unwrap();
    let delivered = fixture.reader().read(300).await.unwrap().doorbells;
    assert_eq!(doorbells(&delivered), rung);
}

#[tokio::test]
async fn urgency_comes_before_fairness() {
    let fixture = Fixture::new().await;
    let mut rung = waiting(TenantShard::all().next().unwrap(), 4);
    for one in &mut rung {
        one.priority = Priority::Low;
    }
    let urgent = Doorbell {
        priority: Priority::High,
        ..rung[0].clone()
    };
    fixture.queue.ring(&rung).await.unwrap();
    fixture
        .queue
        .ring(std::slice::from_ref(&urgent))
        .await
        .unwrap();
    let delivered = fixture.reader().read(1).await.unwrap().doorbells;
    assert_eq!(doorbells(&delivered), [urgent]);
}

#[tokio::test]
async fn a_forgotten_script_is_given_to_redis_again() {
    let fixture = Fixture::new().await;
    let mut reader = fixture.reader();
    for _ in 0..2 {
        let rung = doorbell();
        fixture
            .queue
            .ring(std::slice::from_ref(&rung))
            .await
            .unwrap();
        let delivered = reader.read(1).await.unwrap().doorbells;
        assert_eq!(doorbells(&delivered), [rung]);
        let _: String = fixture.command("SCRIPT FLUSH").await;
    }
}
