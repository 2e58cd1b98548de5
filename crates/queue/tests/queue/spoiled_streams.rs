//! What a machine of a tenant's own can do to the keys of its queues harms nobody else.

use deadpool_redis::redis::{Cmd, Value};
use gantry_domain::{Doorbell, Priority, QueueName};
use gantry_queue::RunCounts;

use crate::fixture::{Fixture, doorbell, doorbells, queue_name, read_all};

/// What can be done to a stream so that it takes no more, or nobody hears of it.
const SPOILING: [&str; 2] = [
    "HINCRBY {key} field 1",
    "XADD {key} 18446744073709551615-18446744073709551615 field value",
];

fn other_queue() -> QueueName {
    "of-a-tenant".parse().unwrap()
}

fn of_other_queue() -> Doorbell {
    Doorbell {
        queue: other_queue(),
        ..doorbell()
    }
}

/// Spoils the stream that [`of_other_queue`] would go to.
async fn spoil(fixture: &Fixture, command: &str) -> String {
    let key = fixture
        .work_key(Priority::Normal)
        .replace(queue_name().as_str(), other_queue().as_str());
    fixture
        .command::<Value>(&command.replace("{key}", &key))
        .await;
    key
}

#[tokio::test]
async fn a_spoiled_stream_keeps_no_other_doorbell_from_ringing_and_is_removed() {
    for command in SPOILING {
        let fixture = Fixture::new().await;
        let key = spoil(&fixture, command).await;
        let own: Vec<Doorbell> = (0..3).map(|_| doorbell()).collect();
        let mut mixed: Vec<Doorbell> = (0..1_500).map(|_| of_other_queue()).collect();
        mixed.splice(700..700, own.clone());
        mixed.extend(own.clone());
        fixture.queue.ring(&mixed).await.unwrap();

        let heard = read_all(&mut fixture.reader(), 6).await;
        assert_eq!(doorbells(&heard), [own.clone(), own].concat(), "{command}");
        fixture.queue.ring(&[of_other_queue()]).await.unwrap();
        let rung: u64 = fixture.command(&format!("XLEN {key}")).await;
        assert!(rung > 0, "{command}");
    }
}

#[tokio::test]
async fn a_spoiled_stream_is_gone_for_the_reconciler_too() {
    for command in SPOILING {
        let fixture = Fixture::new().await;
        let key = spoil(&fixture, command).await;
        let position = fixture.queue.position(&other_queue()).await.unwrap();
        assert!(position.has_passed(&position.watermark()), "{command}");
        let is_spoiled: bool = fixture.command(&format!("EXISTS {key}")).await;
        assert!(!is_spoiled, "{command}");
    }
}

#[tokio::test]
async fn spoiled_counts_of_one_queue_are_nothing_and_those_of_others_stay() {
    let fixture = Fixture::new().await;
    let counts = RunCounts {
        started: 7,
        ..RunCounts::default()
    };
    let queues = [queue_name(), other_queue()];
    fixture
        .queue
        .count_runs(&[(queue_name(), counts), (other_queue(), counts)])
        .await
        .unwrap();
    let keys: Vec<String> = fixture
        .command(&format!("KEYS {}:{{of-a-tenant}}:runs:*", fixture.prefix))
        .await;
    assert!(!keys.is_empty());
    for key in keys {
        let _: u64 = fixture.command(&format!("DEL {key}")).await;
        let _: String = fixture.command(&format!("XADD {key} * field value")).await;
    }
    let rates = fixture.queue.rates(&queues).await.unwrap();
    assert!(rates[0].started_per_minute > 0.0);
    assert!(rates[1].started_per_minute <= 0.0);
}

#[tokio::test]
async fn a_count_below_zero_is_nothing_and_those_of_others_stay() {
    let fixture = Fixture::new().await;
    let counts = RunCounts {
        started: 7,
        ..RunCounts::default()
    };
    let both = [(queue_name(), counts), (other_queue(), counts)];
    fixture.queue.count_runs(&both).await.unwrap();
    let pattern = format!("KEYS {}:{{of-a-tenant}}:runs:*", fixture.prefix);
    for key in fixture.command::<Vec<String>>(&pattern).await {
        let _: i64 = fixture
            .command(&format!("HINCRBY {key} started -100"))
            .await;
    }
    let rates = fixture
        .queue
        .rates(&[queue_name(), other_queue()])
        .await
        .unwrap();
    assert!(rates[0].started_per_minute > 0.0);
    assert!(rates[1].started_per_minute <= 0.0);
}

#[tokio::test]
async fn a_stream_of_which_more_was_delivered_than_written_or_that_cannot_be_read_is_removed() {
    for spoiling in [
        &[
            b"XGROUP".as_slice(),
            b"CREATE",
            b"{key}",
            b"workers",
            b"9999999999999-0",
            b"MKSTREAM",
        ][..],
        &[b"XADD", b"{key}", b"*", b"\xff", b"value"],
    ] {
        let fixture = Fixture::new().await;
        let key = fixture
            .work_key(Priority::Normal)
            .replace(queue_name().as_str(), other_queue().as_str());
        let mut command = Cmd::new();
        for part in spoiling {
            match *part {
                b"{key}" => command.arg(&key),
                part => command.arg(part),
            };
        }
        let mut connection = fixture.redis.connection().await;
        command.query_async::<Value>(&mut connection).await.unwrap();
        fixture.queue.ring(&[of_other_queue()]).await.unwrap();
        fixture.queue.position(&other_queue()).await.unwrap();
        let is_there: bool = fixture.command(&format!("EXISTS {key}")).await;
        assert!(!is_there, "{spoiling:?}");
    }
}
