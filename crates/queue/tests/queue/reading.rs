//! Ringing, reading and acknowledging, and what a reader does about its own past and about what is no doorbell.

use std::collections::BTreeSet;
use std::time::Duration;

use gantry_domain::{Doorbell, Priority, WorkerId};
use gantry_queue::{DoorbellReader, EvictionPolicy};

use crate::fixture::{Fixture, SOON, doorbell, doorbell_at, doorbells, open, queue_name, read_all};

#[tokio::test]
async fn a_doorbell_arrives_as_it_was_rung_and_is_gone_once_acknowledged() {
    let fixture = Fixture::new().await;
    let rung = Doorbell {
        dispatch: 7,
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        ..doorbell()
    };
    fixture
        .queue
        .ring(std::slice::from_ref(&rung))
        .await
        .unwrap();
    let mut reader = fixture.reader();
    let delivered = read_all(&mut reader, 1).await;
    assert_eq!(doorbells(&delivered), [rung]);
    assert_eq!(fixture.left().await, (1, 1));
    reader.acknowledge(&delivered).await.unwrap();
    assert_eq!(fixture.left().await, (0, 0));
    reader.acknowledge(&delivered).await.unwrap();
}

#[tokio::test]
async fn a_waiting_reader_hears_at_once() {
    let fixture = Fixture::new().await;
    let mut reader = fixture.reader();
    let reading = tokio::spawn(async move { read_all(&mut reader, 1).await });
    let rung = doorbell();
    fixture
        .queue
        .ring(std::slice::from_ref(&rung))
        .await
        .unwrap();
    assert_eq!(doorbells(&reading.await.unwrap()), [rung]);
}

#[tokio::test]
async fn many_doorbells_are_shared_out_and_none_comes_twice() {
    let fixture = Fixture::new().await;
    let rung: Vec<_> = (0..2_500).map(|_| doorbell()).collect();
    fixture.queue.ring(&rung).await.unwrap();
    let (mut one, mut other) = (fixture.reader(), fixture.reader());
    let first = read_all(&mut one, 1_000).await;
    let second = read_all(&mut other, 1_500).await;
    let heard: BTreeSet<_> = first
        .iter()
        .chain(&second)
        .map(|one| one.doorbell.job_id)
        .collect();
    assert_eq!(heard, rung.iter().map(|doorbell| doorbell.job_id).collect());
    one.acknowledge(&first).await.unwrap();
    other.acknowledge(&second).await.unwrap();
    assert_eq!(fixture.left().await, (0, 0));
}

#[tokio::test]
async fn no_more_come_than_were_asked_for() {
    let fixture = Fixture::new().await;
    let rung: Vec<_> = (0..10).map(|_| doorbell()).collect();
    fixture.queue.ring(&rung).await.unwrap();
    let mut reader = fixture.reader();
    let delivery = reader.read(3).await.unwrap();
    assert_eq!(doorbells(&delivery.doorbells), rung[..3]);
    assert_eq!(fixture.left().await, (10, 3));
}

#[tokio::test]
async fn what_was_delivered_and_not_acknowledged_comes_first_after_a_reconnect() {
    let fixture = Fixture::new().await;
    let worker_id = WorkerId::generate();
    let rung: Vec<_> = (0..3).map(|_| doorbell()).collect();
    fixture.queue.ring(&rung).await.unwrap();
    read_all(&mut fixture.reader_of(worker_id), 2).await;
    let mut again = fixture.reader_of(worker_id);
    let own = again.read(10).await.unwrap().doorbells;
    assert_eq!(doorbells(&own), rung[..2]);
    again.acknowledge(&own).await.unwrap();
    let new = again.read(10).await.unwrap().doorbells;
    assert_eq!(doorbells(&new), rung[2..]);
}

/// A reply that nobody took is not lost: the next read asks for it.
#[tokio::test]
async fn a_read_that_is_given_up_swallows_nothing() {
    let fixture = Fixture::new().await;
    let mut reader = fixture.reader();
    for _ in 0..5 {
        // Given up at some point between its first command and its wait.
        let _ = tokio::time::timeout(Duration::from_millis(7), reader.read(1)).await;
        let rung = doorbell();
        fixture
            .queue
            .ring(std::slice::from_ref(&rung))
            .await
            .unwrap();
        let delivered = read_all(&mut reader, 1).await;
        assert_eq!(doorbells(&delivered), [rung]);
        reader.acknowledge(&delivered).await.unwrap();
    }
}

#[tokio::test]
async fn a_reader_on_its_way_out_gives_back_what_it_did_not_act_upon() {
    let fixture = Fixture::new().await;
    let rung: Vec<_> = (0..700).map(|_| doorbell()).collect();
    fixture.queue.ring(&rung).await.unwrap();
    let mut leaving = fixture.reader();
    let delivered = read_all(&mut leaving, 600).await;
    leaving.acknowledge(&delivered[..5]).await.unwrap();
    leaving.give_back().await.unwrap();
    assert_eq!(fixture.left().await, (695, 0));
    let heard = read_all(&mut fixture.reader(), 695).await;
    let heard: BTreeSet<_> = heard.iter().map(|heard| heard.doorbell.job_id).collect();
    let acted_upon: BTreeSet<_> = delivered[..5]
        .iter()
        .map(|one| one.doorbell.job_id)
        .collect();
    assert!(heard.is_disjoint(&acted_upon));
    assert_eq!(heard.len(), 695);
}

#[tokio::test]
async fn a_reader_that_left_while_it_waited_takes_nothing_any_more() {
    let fixture = Fixture::new().await;
    let mut leaving = fixture.reader();
    let _ = tokio::time::timeout(Duration::from_millis(50), leaving.read(1)).await;
    leaving.give_back().await.unwrap();
    let rung: Vec<_> = (0..3).map(|_| doorbell()).collect();
    let mut staying = fixture.reader();
    for rung in rung {
        fixture
            .queue
            .ring(std::slice::from_ref(&rung))
            .await
            .unwrap();
        assert_eq!(doorbells(&read_all(&mut staying, 1).await), [rung]);
    }
}

#[tokio::test]
async fn pending_doorbells_that_were_deleted_are_passed_over_whatever_their_number() {
    let fixture = Fixture::new().await;
    let worker_id = WorkerId::generate();
    let rung: Vec<_> = (0..10).map(|_| doorbell()).collect();
    fixture.queue.ring(&rung).await.unwrap();
    read_all(&mut fixture.reader_of(worker_id), 10).await;
    // The first nine lose their bodies and stay on the pending list.
    let key = fixture.work_key(Priority::Normal);
    let _: u64 = fixture.command(&format!("XTRIM {key} MAXLEN 1")).await;
    let delivery = fixture.reader_of(worker_id).read(2).await.unwrap();
    assert_eq!(doorbells(&delivery.doorbells), rung[9..]);
    assert_eq!(fixture.left().await, (1, 1));
}

#[tokio::test]
async fn what_is_no_doorbell_is_removed_and_reported_and_stops_nobody() {
    let fixture = Fixture::new().await;
    let worker_id = WorkerId::generate();
    let key = fixture.work_key(Priority::Normal);
    let job = doorbell().job_id;
    let malformed = [
        "hello world".to_owned(),
        format!("v 2 job {job} dispatch 1"),
        format!("v 1 job {job}"),
        "v 1 job 17 dispatch 1".to_owned(),
        format!("v 1 job {job} dispatch 4294967295"),
        format!("v 1 job {job} dispatch -1"),
        format!("job {job} dispatch 1"),
    ];
    for fields in &malformed {
        let _: String = fixture.command(&format!("XADD {key} * {fields}")).await;
    }
    let mut connection = fixture.redis.connection().await;
    let _: String = deadpool_redis::redis::cmd("XADD")
        .arg(&key)
        .arg("*")
        .arg(&b"\xff\xfe"[..])
        .arg(&b"\x00\xff"[..])
        .query_async(&mut connection)
        .await
        .unwrap();
    let rung = doorbell();
    fixture
        .queue
        .ring(std::slice::from_ref(&rung))
        .await
        .unwrap();
    let mut reader = fixture.reader_of(worker_id);
    let delivery = reader.read(20).await.unwrap();
    assert_eq!(doorbells(&delivery.doorbells), [rung]);
    assert_eq!(delivery.malformed.len(), malformed.len() + 1);
    assert!(
        delivery
            .malformed
            .iter()
            .all(|reason| reason.starts_with(&key))
    );
    assert_eq!(fixture.left().await, (1, 1));
}

#[tokio::test]
async fn what_is_no_doorbell_is_reported_even_if_it_was_delivered_before() {
    let fixture = Fixture::new().await;
    let worker_id = WorkerId::generate();
    let key = fixture.work_key(Priority::Normal);
    let _: String = fixture
        .command(&format!("XGROUP CREATE {key} workers 0 MKSTREAM"))
        .await;
    let _: String = fixture.command(&format!("XADD {key} * hello world")).await;
    let read = format!("XREADGROUP GROUP workers {worker_id} STREAMS {key} >");
    let _: deadpool_redis::redis::Value = fixture.command(&read).await;
    let delivery = fixture.reader_of(worker_id).read(1).await.unwrap();
    assert_eq!(delivery.malformed.len(), 1);
    assert_eq!(fixture.left().await, (0, 0));
}

#[tokio::test]
async fn a_wait_in_vain_ends_and_brings_nothing() {
    let fixture = Fixture::new().await;
    let delivery = tokio::time::timeout(SOON, fixture.reader().read(1))
        .await
        .unwrap()
        .unwrap();
    assert!(delivery.doorbells.is_empty() && delivery.malformed.is_empty());
}

/// A waiting read can bring one doorbell for each stream; a worker without room for all hands the rest on.
#[tokio::test]
async fn what_comes_beyond_the_room_is_left_to_others() {
    let fixture = Fixture::new().await;
    let names: Vec<_> = (0..8)
        .map(|number| format!("q{number}").parse().unwrap())
        .collect();
    let worker_id = WorkerId::generate();
    let rung: Vec<_> = names
        .iter()
        .flat_map(|name| {
            Priority::ALL.iter().map(move |priority| Doorbell {
                queue: gantry_domain::QueueName::clone(name),
                ..doorbell_at(*priority)
            })
        })
        .collect();
    let mut reader = DoorbellReader::new(&fixture.queue, &names, worker_id);
    let queue = fixture.queue.clone();
    let to_ring = rung.clone();
    let ringing = tokio::spawn(async move { queue.ring(&to_ring).await.unwrap() });
    let mut heard = BTreeSet::new();
    while heard.is_empty() {
        let delivery = reader.read(1).await.unwrap().doorbells;
        assert!(delivery.len() <= 1);
        heard.extend(delivery.iter().map(|one| one.doorbell.job_id));
    }
    ringing.await.unwrap();
    let mut other = DoorbellReader::new(&fixture.queue, &names, WorkerId::generate());
    let rest = read_all(&mut other, rung.len() - 1).await;
    heard.extend(rest.iter().map(|one| one.doorbell.job_id));
    assert_eq!(heard.len(), rung.len());
}

#[tokio::test]
async fn ringing_for_nobody_asks_nothing_of_redis() {
    let unreachable = open("redis://127.0.0.1:1", "gantry");
    unreachable.ring(&[]).await.unwrap();
    unreachable.ring(&[doorbell()]).await.unwrap_err();
    unreachable.ping().await.unwrap_err();
    let mut reader = DoorbellReader::new(&unreachable, &[queue_name()], WorkerId::generate());
    reader.read(1).await.unwrap_err();
}

#[tokio::test]
async fn the_servers_eviction_policy_is_told() {
    let fixture = Fixture::new().await;
    fixture.queue.ping().await.unwrap();
    assert_eq!(
        fixture.queue.eviction_policy().await.unwrap(),
        EvictionPolicy::Refuses
    );
}
