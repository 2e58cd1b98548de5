//! Waiting on a condition: the value it ends in, or what was seen last.

use std::future::pending;
use std::time::Duration;

use gantry_testkit::eventually;

#[tokio::test]
async fn the_value_of_the_first_success_is_returned() {
    let mut looks = 0;
    let value = eventually(Duration::from_secs(20), || {
        looks += 1;
        let answer = if looks < 3 { Err(looks) } else { Ok("there") };
        async move { answer }
    })
    .await;
    assert_eq!((value, looks), ("there", 3));
}

#[tokio::test]
#[should_panic(expected = "last seen: Some(\"still queued\")")]
async fn what_never_comes_true_is_reported_with_what_was_seen_last() {
    eventually(Duration::ZERO, || async { Err::<(), _>("still queued") }).await;
}

#[tokio::test]
#[should_panic(expected = "a look was not over")]
async fn a_look_that_never_ends_is_cut_off() {
    eventually(Duration::from_millis(20), pending::<Result<(), ()>>).await;
}
