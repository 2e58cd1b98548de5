//! Priorities: the more urgent more often, and none left waiting; queues of one priority take turns.

use std::collections::{BTreeMap, BTreeSet};

use gantry_domain::{Doorbell, Priority, QueueName, WorkerId};
use gantry_queue::DoorbellReader;

use crate::fixture::{Fixture, doorbell_at};

/// Reads one by one and counts what comes.
async fn count<Key: Ord>(
    reader: &mut DoorbellReader,
    reads: usize,
    key: impl Fn(&Doorbell) -> Key,
) -> BTreeMap<Key, usize> {
    let mut counts = BTreeMap::new();
    for _ in 0..reads {
        let delivered = reader.read(1).await.unwrap().doorbells;
        *counts.entry(key(&delivered[0].doorbell)).or_default() += 1;
        reader.acknowledge(&delivered).await.unwrap();
    }
    counts
}

#[tokio::test]
async fn of_ten_reads_six_are_for_high_three_for_normal_and_one_for_low() {
    let fixture = Fixture::new().await;
    for priority in Priority::ALL {
        let rung: Vec<_> = (0..50).map(|_| doorbell_at(*priority)).collect();
        fixture.queue.ring(&rung).await.unwrap();
    }
    let counts = count(&mut fixture.reader(), 50, |doorbell| doorbell.priority).await;
    let expected = [
        (Priority::High, 30),
        (Priority::Normal, 15),
        (Priority::Low, 5),
    ];
    assert_eq!(counts, BTreeMap::from(expected));
}

#[tokio::test]
async fn an_idle_priority_leaves_its_turns_to_the_others() {
    let fixture = Fixture::new().await;
    let rung: Vec<_> = (0..20).map(|_| doorbell_at(Priority::Low)).collect();
    fixture.queue.ring(&rung).await.unwrap();
    let delivered = fixture.reader().read(20).await.unwrap().doorbells;
    assert_eq!(delivered.len(), 20);
}

#[tokio::test]
async fn the_more_urgent_come_first_in_one_delivery() {
    let fixture = Fixture::new().await;
    for priority in [Priority::Low, Priority::Normal, Priority::High] {
        fixture.queue.ring(&[doorbell_at(priority)]).await.unwrap();
    }
    let delivered = fixture.reader().read(3).await.unwrap().doorbells;
    let priorities: Vec<_> = delivered.iter().map(|one| one.doorbell.priority).collect();
    assert_eq!(priorities, Priority::ALL);
}

/// Whatever the number of queues: arithmetic of turns must not pass one over.
#[tokio::test]
async fn no_queue_starves_at_any_priority() {
    let fixture = Fixture::new().await;
    for queues in [1, 2, 4, 5] {
        let names: Vec<QueueName> = (0..queues)
            .map(|number| format!("of{queues}-{number}").parse().unwrap())
            .collect();
        let mut every_one = BTreeSet::new();
        for name in &names {
            for priority in Priority::ALL {
                let rung: Vec<_> = (0..200)
                    .map(|_| Doorbell {
                        queue: name.clone(),
                        ..doorbell_at(*priority)
                    })
                    .collect();
                fixture.queue.ring(&rung).await.unwrap();
                every_one.insert((name.clone(), *priority));
            }
        }
        let mut reader = DoorbellReader::new(&fixture.queue, &names, WorkerId::generate());
        // Once round for each stream of the reader.
        let reads = 10 * queues * Priority::ALL.len();
        let key = |doorbell: &Doorbell| (doorbell.queue.clone(), doorbell.priority);
        let served = count(&mut reader, reads, key).await;
        assert_eq!(served.keys().cloned().collect::<BTreeSet<_>>(), every_one);
    }
}
