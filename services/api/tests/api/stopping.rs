//! A stop loses nothing that was accepted, and does not wait for followers.

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{EventStream, TestApi};

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_log_streams_at_once() {
    let mut api = TestApi::start().await;
    let job_id = api.submit().await;
    let mut stream = EventStream::follow(&api, job_id, "").await;
    api.stop().await;
    assert_eq!(stream.rest().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_before_a_stop_is_in_postgres() {
    let mut api = TestApi::start().await;
    let submissions: Vec<_> = (0..100)
        .map(|number| {
            let body = json!({"kind": "test.anything", "payload": number});
            api.request(Method::POST, "/api/v1/jobs").json(&body).send()
        })
        .collect();
    let (answers, ()) = tokio::join!(join_all(submissions), api.stop());
    let accepted = answers
        .into_iter()
        .filter(|answer| {
            answer
                .as_ref()
                .is_ok_and(|answer| answer.status() == StatusCode::ACCEPTED)
        })
        .count();
    let stored = api.database.number("SELECT count(*) FROM jobs").await;
    assert_eq!(stored, i64::try_from(accepted).unwrap());
}
