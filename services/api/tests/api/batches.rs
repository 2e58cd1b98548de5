//! A batch is accepted as a whole or not at all.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApi, paths_of, problem_of};

const PATH: &str = "/api/v1/jobs/batch";

fn jobs(count: usize) -> Vec<Value> {
    (0..count)
        .map(|number| json!({"kind": "test.anything", "payload": number}))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_a_thousand_is_accepted_in_its_order() {
    let api = TestApi::start().await;
    let batch = api
        .post(PATH, &json!({"jobs": jobs(1_000)}), StatusCode::ACCEPTED)
        .await;
    let items = batch["items"].as_array().unwrap();
    assert_eq!(items.len(), 1_000);
    for (number, job) in items.iter().enumerate() {
        assert_eq!(job["payload"], number);
        assert_eq!(job["state"], "queued");
    }
    assert_eq!(
        api.database.number("SELECT count(*) FROM jobs").await,
        1_000
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_fault_refuses_the_whole_batch_and_names_the_job() {
    let api = TestApi::start().await;
    let mut batch = jobs(5);
    batch[1] = json!({"kind": "test.anything"});
    batch[3] = json!({"kind": "test.echo", "payload": {"text": 1}});
    let request = |body: Value| api.request(Method::POST, PATH).json(&body).send();
    let answer = request(json!({"jobs": batch})).await.unwrap();
    let problem = problem_of(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request").await;
    assert_eq!(paths_of(&problem), ["jobs[1].payload"]);

    batch[1] = json!({"kind": "test.anything", "payload": 1});
    let answer = request(json!({"jobs": batch})).await.unwrap();
    let problem = problem_of(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request").await;
    assert_eq!(paths_of(&problem), ["jobs[3].payload.text"]);

    batch[3] = json!({"kind": "test.unknown", "payload": 1});
    let answer = request(json!({"jobs": batch})).await.unwrap();
    let problem = problem_of(answer, StatusCode::UNPROCESSABLE_ENTITY, "unknown_kind").await;
    assert_eq!(paths_of(&problem), ["jobs[3].kind"]);
    assert_eq!(api.database.number("SELECT count(*) FROM jobs").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_postgres_refuses_refuses_the_whole_batch() {
    let api = TestApi::start().await;
    api.database
        .execute("ALTER TABLE jobs ADD CONSTRAINT refused CHECK (payload <> '3')")
        .await;
    let request = api
        .request(Method::POST, PATH)
        .json(&json!({"jobs": jobs(5)}));
    let answer = request.send().await.unwrap();
    problem_of(answer, StatusCode::INTERNAL_SERVER_ERROR, "internal").await;
    assert_eq!(api.database.number("SELECT count(*) FROM jobs").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_batch_and_one_over_the_limit_are_refused() {
    let api = TestApi::start().await;
    for count in [0, 1_001] {
        let request = api
            .request(Method::POST, PATH)
            .json(&json!({"jobs": jobs(count)}));
        let answer = request.send().await.unwrap();
        problem_of(answer, StatusCode::UNPROCESSABLE_ENTITY, "batch_size").await;
    }
    for body in [
        json!({}),
        json!({"jobs": 7}),
        json!([]),
        json!({"jobs": jobs(1), "more": 1}),
    ] {
        let answer = api
            .request(Method::POST, PATH)
            .json(&body)
            .send()
            .await
            .unwrap();
        problem_of(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request").await;
    }
}
