//! A request that carries an idempotency key may be sent again: it makes its jobs once.

use futures_util::future::join_all;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApi, id_of, json_of, kind, problem_of};

const ONE: &str = "/api/v1/jobs";
const BATCH: &str = "/api/v1/jobs/batch";

async fn send(api: &TestApi, path: &str, key: &str, body: &Value) -> Response {
    let request = api.request(Method::POST, path).json(body);
    request.header("Idempotency-Key", key).send().await.unwrap()
}

fn is_replayed(answer: &Response) -> bool {
    let replayed = answer.headers().get("idempotency-replayed");
    replayed.is_some_and(|value| value == "true")
}

fn job(payload: &Value) -> Value {
    json!({"kind": "test.anything", "payload": payload})
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_again_is_answered_with_the_same_job() {
    let api = TestApi::start().await;
    let body = job(&json!({"a": 1, "b": [true, null]}));
    let first = send(&api, ONE, "order-1", &body).await;
    assert!(!is_replayed(&first));
    let first = json_of(first, StatusCode::ACCEPTED).await;

    // Spacing and the order of fields are no part of what is asked for.
    let text = r#"{ "payload": {"b": [true, null], "a": 1},  "kind": "test.anything" }"#;
    let again = api.request(Method::POST, ONE).body(text);
    let again = again
        .header("Content-Type", "application/json")
        .header("Idempotency-Key", "order-1");
    let again = again.send().await.unwrap();
    assert!(is_replayed(&again));
    let location = format!("/api/v1/jobs/{}", id_of(&first));
    assert_eq!(again.headers()["location"], *location);
    assert_eq!(json_of(again, StatusCode::ACCEPTED).await, first);
    assert_eq!(api.database.number("SELECT count(*) FROM jobs").await, 1);

    api.post(&format!("{location}/cancel"), &json!({}), StatusCode::OK)
        .await;
    let again = send(&api, ONE, "order-1", &body).await;
    let again = json_of(again, StatusCode::ACCEPTED).await;
    assert_eq!(again["state"], "cancelled", "the job as it stands now");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_request_under_the_same_key_is_a_conflict() {
    let api = TestApi::start().await;
    let body = job(&json!(1));
    json_of(
        send(&api, ONE, "order-1", &body).await,
        StatusCode::ACCEPTED,
    )
    .await;
    for (path, body) in [
        (ONE, job(&json!(2))),
        (ONE, job(&json!(1.0))),
        (BATCH, json!({"jobs": [body]})),
    ] {
        let answer = send(&api, path, "order-1", &body).await;
        problem_of(answer, StatusCode::CONFLICT, "idempotency_key_reused").await;
    }
    assert_eq!(api.database.number("SELECT count(*) FROM jobs").await, 1);
    let elsewhere = api.request_as("alice", "globex", Method::POST, ONE);
    let elsewhere = elsewhere.header("Idempotency-Key", "order-1");
    let elsewhere = elsewhere.json(&job(&json!(2))).send().await.unwrap();
    assert_eq!(elsewhere.status(), StatusCode::ACCEPTED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_repeated_as_a_whole() {
    let api = TestApi::start().await;
    let body = json!({"jobs": [job(&json!(1)), job(&json!(2)), job(&json!(3))]});
    let first = send(&api, BATCH, "order-1", &body).await;
    let first = json_of(first, StatusCode::ACCEPTED).await;
    let again = send(&api, BATCH, "order-1", &body).await;
    assert!(is_replayed(&again));
    assert_eq!(json_of(again, StatusCode::ACCEPTED).await, first);
    assert_eq!(api.database.number("SELECT count(*) FROM jobs").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_at_once_make_one_job_and_are_all_answered_with_it() {
    let api = TestApi::start().await;
    let body = job(&json!("once"));
    let answers = join_all((0..50).map(|_| send(&api, ONE, "order-1", &body))).await;
    let first = answers.iter().filter(|answer| !is_replayed(answer)).count();
    assert_eq!(first, 1);
    let mut ids = Vec::new();
    for answer in answers {
        ids.push(id_of(&json_of(answer, StatusCode::ACCEPTED).await));
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_eq!(api.database.number("SELECT count(*) FROM jobs").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_faults_uses_no_key_and_a_repeated_one_outlives_new_rules() {
    let api = TestApi::start().await;
    let answer = send(
        &api,
        ONE,
        "order-1",
        &json!({"kind": "test.echo", "payload": 1}),
    )
    .await;
    problem_of(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request").await;
    let body = job(&json!("anything"));
    let first = json_of(
        send(&api, ONE, "order-1", &body).await,
        StatusCode::ACCEPTED,
    )
    .await;

    api.worker_with(vec![kind("test.anything", json!({"type": "integer"}))])
        .await;
    api.database.execute("DELETE FROM kinds").await;
    let again = send(&api, ONE, "order-1", &body).await;
    assert_eq!(
        id_of(&json_of(again, StatusCode::ACCEPTED).await),
        id_of(&first)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_none_is_refused() {
    let api = TestApi::start().await;
    let longest = "k".repeat(255);
    let body = job(&json!(1));
    json_of(send(&api, ONE, &longest, &body).await, StatusCode::ACCEPTED).await;
    for bad in ["", "two words", "\u{e4}", &"k".repeat(256)] {
        for path in [ONE, BATCH] {
            let answer = send(&api, path, bad, &body).await;
            problem_of(answer, StatusCode::BAD_REQUEST, "bad_idempotency_key").await;
        }
    }
    let twice = api.request(Method::POST, ONE).json(&body);
    let twice = twice
        .header("Idempotency-Key", "a")
        .header("Idempotency-Key", "b");
    let answer = twice.send().await.unwrap();
    problem_of(answer, StatusCode::BAD_REQUEST, "bad_idempotency_key").await;
}
