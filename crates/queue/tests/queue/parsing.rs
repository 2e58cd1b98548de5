//! What anyone may write into a stream: no bytes stop a reader, and only a whole doorbell is taken for one.

use deadpool_redis::redis::cmd;
use gantry_domain::{JobId, Priority};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::fixture::{Fixture, doorbell, doorbells};

type Fields = Vec<(Vec<u8>, Vec<u8>)>;

/// Fields that are nearly a doorbell more often than chance would have it.
fn fields() -> impl Strategy<Value = Fields> {
    let name = prop_oneof![
        Just(b"v".to_vec()),
        Just(b"job".to_vec()),
        Just(b"dispatch".to_vec()),
        Just(b"traceparent".to_vec()),
        vec(any::<u8>(), 0..6),
    ];
    let value = prop_oneof![
        Just(b"1".to_vec()),
        Just(JobId::generate().to_string().into_bytes()),
        any::<i64>().prop_map(|number| number.to_string().into_bytes()),
        vec(any::<u8>(), 0..40),
    ];
    vec((name, value), 1..6)
}

/// What the protocol document says of version 1, said again.
fn is_doorbell(fields: &Fields) -> bool {
    let text = |name: &[u8]| {
        let (_, value) = fields.iter().find(|(field, _)| field == name)?;
        std::str::from_utf8(value).ok()
    };
    let dispatch = text(b"dispatch").and_then(|text| text.parse::<u32>().ok());
    text(b"v") == Some("1")
        && text(b"job").is_some_and(|text| text.parse::<JobId>().is_ok())
        && dispatch.is_some_and(|dispatch| i32::try_from(dispatch).is_ok())
}

#[test]
fn no_entry_stops_a_reader_and_only_doorbells_are_taken_for_such() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let fixture = runtime.block_on(Fixture::new());
    let key = fixture.work_key(Priority::Normal);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(64));
    let outcome = runner.run(&vec(fields(), 1..20), |entries| {
        runtime.block_on(async {
            let mut connection = fixture.redis.connection().await;
            for entry in &entries {
                let mut add = cmd("XADD");
                add.arg(&key).arg("*");
                for (name, value) in entry {
                    add.arg(name.as_slice()).arg(value.as_slice());
                }
                add.query_async::<()>(&mut connection).await.unwrap();
            }
            let last = doorbell();
            fixture
                .queue
                .ring(std::slice::from_ref(&last))
                .await
                .unwrap();
            let mut reader = fixture.reader();
            let delivery = reader.read(100).await.unwrap();
            let expected = entries.iter().filter(|entry| is_doorbell(entry)).count();
            prop_assert_eq!(delivery.doorbells.len(), expected + 1);
            prop_assert_eq!(delivery.malformed.len(), entries.len() - expected);
            prop_assert_eq!(doorbells(&delivery.doorbells).pop(), Some(last));
            reader.acknowledge(&delivery.doorbells).await.unwrap();
            prop_assert_eq!(fixture.left().await, (0, 0));
            Ok(())
        })
    });
    outcome.unwrap();
}
