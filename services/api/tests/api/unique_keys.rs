//! At most one live job of a tenant's kind carries a unique key, and whoever comes second learns which.

use futures_util::future::join_all;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApi, id_of, json_of, paths_of, problem_of};

const ONE: &str = "/api/v1/jobs";
const BATCH: &str = "/api/v1/jobs/batch";

async fn send(api: &TestApi, path: &str, body: &Value) -> Response {
    let request = api.request(Method::POST, path).json(body);
    request.send().await.unwrap()
}

fn nightly() -> Value {
    json!({"kind": "test.anything", "payload": 1, "unique_key": "nightly"})
}

fn nightly_or_existing() -> Value {
    let mut body = nightly();
    body["on_conflict"] = json!("return_existing");
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_job_is_refused_with_the_first_ones_id_until_that_has_ended() {
    let api = TestApi::start().await;
    let first = json_of(send(&api, ONE, &nightly()).await, StatusCode::ACCEPTED).await;
    assert_eq!(first["unique_key"], "nightly");
    let path = format!("{ONE}/{}", id_of(&first));
    assert_eq!(api.get(&path).await, first);
    let refused = send(&api, ONE, &nightly()).await;
    let problem = problem_of(refused, StatusCode::CONFLICT, "unique_key_taken").await;
    assert_eq!(problem["job_id"], first["id"]);
    assert_eq!(paths_of(&problem), ["unique_key"]);

    api.post(&format!("{path}/cancel"), &json!({}), StatusCode::OK)
        .await;
    let second = json_of(send(&api, ONE, &nightly()).await, StatusCode::ACCEPTED).await;
    let redriven = api.request(Method::POST, &format!("{path}/retry")).send();
    let problem = problem_of(
        redriven.await.unwrap(),
        StatusCode::CONFLICT,
        "unique_key_taken",
    )
    .await;
    assert_eq!(problem["job_id"], second["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_it_is_answered_with_the_job_that_is_there() {
    let api = TestApi::start().await;
    let body = nightly_or_existing();
    let first = json_of(send(&api, ONE, &body).await, StatusCode::ACCEPTED).await;
    let second = send(&api, ONE, &body).await;
    let location = second.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(location, format!("{ONE}/{}", id_of(&first)));
    assert_eq!(json_of(second, StatusCode::OK).await, first);

    // Under an idempotency key that answer stays, even when the unique key is free again.
    let send_keyed = || {
        let request = api.request(Method::POST, ONE).json(&body);
        request.header("Idempotency-Key", "order-1").send()
    };
    let third = json_of(send_keyed().await.unwrap(), StatusCode::OK).await;
    assert_eq!(third["id"], first["id"]);
    api.post(&format!("{location}/cancel"), &json!({}), StatusCode::OK)
        .await;
    let again = json_of(send_keyed().await.unwrap(), StatusCode::ACCEPTED).await;
    assert_eq!(again["id"], first["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_at_once_exactly_one_is_accepted() {
    let api = TestApi::start().await;
    let body = nightly();
    let answers = join_all((0..50).map(|_| send(&api, ONE, &body))).await;
    let mut accepted = Vec::new();
    let mut named = Vec::new();
    for answer in answers {
        if answer.status() == StatusCode::ACCEPTED {
            accepted.push(json_of(answer, StatusCode::ACCEPTED).await["id"].clone());
        } else {
            let problem = problem_of(answer, StatusCode::CONFLICT, "unique_key_taken").await;
            named.push(problem["job_id"].clone());
        }
    }
    assert_eq!(accepted.len(), 1);
    assert!(named.iter().all(|id| *id == accepted[0]));

    let body = json!({"kind": "test.anything", "payload": 1, "unique_key": "weekly", "on_conflict": "return_existing"});
    let answers = join_all((0..50).map(|_| send(&api, ONE, &body))).await;
    let new = answers
        .iter()
        .filter(|answer| answer.status() == StatusCode::ACCEPTED);
    assert_eq!(new.count(), 1);
    assert_eq!(api.database.number("SELECT count(*) FROM jobs").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn conflicts_hold_up_nobody_elses_submission() {
    let api = TestApi::start().await;
    send(&api, ONE, &nightly()).await;
    let taken = json!({"jobs": [nightly(), {"kind": "test.anything", "payload": 2}]});
    let others = (0..60).map(|number| {
        let taken = &taken;
        let api = &api;
        async move {
            if number % 3 == 0 {
                return send(api, BATCH, taken).await.status();
            }
            let mut body = json!({"kind": "test.anything", "payload": number});
            if number % 3 == 1 {
                body["unique_key"] = json!(format!("own-{number}"));
            }
            send(api, ONE, &body).await.status()
        }
    });
    for (number, status) in join_all(others).await.into_iter().enumerate() {
        let expected = if number % 3 == 0 {
            StatusCode::CONFLICT
        } else {
            StatusCode::ACCEPTED
        };
        assert_eq!(status, expected);
    }
    assert_eq!(api.database.number("SELECT count(*) FROM jobs").await, 41);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_accepted_as_a_whole_or_not_at_all() {
    let api = TestApi::start().await;
    let first = json_of(send(&api, ONE, &nightly()).await, StatusCode::ACCEPTED).await;
    let free = json!({"kind": "test.anything", "payload": 2, "unique_key": "free"});
    let refused = send(&api, BATCH, &json!({"jobs": [free, nightly()]})).await;
    let problem = problem_of(refused, StatusCode::CONFLICT, "unique_key_taken").await;
    assert_eq!(problem["job_id"], first["id"]);
    assert_eq!(paths_of(&problem), ["jobs[1].unique_key"]);
    assert_eq!(api.database.number("SELECT count(*) FROM jobs").await, 1);

    let twice = send(&api, BATCH, &json!({"jobs": [free, free]})).await;
    let problem = problem_of(twice, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request").await;
    assert_eq!(paths_of(&problem), ["jobs[1].unique_key"]);

    let batch = json!({"jobs": [free, nightly_or_existing()]});
    let accepted = json_of(send(&api, BATCH, &batch).await, StatusCode::ACCEPTED).await;
    assert_eq!(accepted["items"][0]["unique_key"], "free");
    assert_eq!(accepted["items"][1], first);
    assert_eq!(api.database.number("SELECT count(*) FROM jobs").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_or_a_way_out_that_is_none_is_refused() {
    let api = TestApi::start().await;
    for (field, value) in [
        ("unique_key", json!("")),
        ("unique_key", json!(7)),
        ("unique_key", json!("k".repeat(256))),
        ("unique_key", json!("a\u{0}b")),
        ("on_conflict", json!("replace")),
    ] {
        let mut body = nightly();
        body[field] = value;
        let answer = send(&api, ONE, &body).await;
        let problem = problem_of(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request").await;
        assert_eq!(paths_of(&problem), [field]);
    }
}
