//! A batch can name a job that follows when all of its jobs have ended, however they did.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApi, id_of, json_of, paths_of, problem_of};

const BATCH: &str = "/api/v1/jobs/batch";

fn job(payload: Value) -> Value {
    json!({"kind": "test.anything", "payload": payload})
}

async fn hand_in(api: &TestApi) -> Value {
    let body = json!({"jobs": [job(json!(1)), job(json!(2))], "callback": job(json!("sum up"))});
    api.post(BATCH, &body, StatusCode::ACCEPTED).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_callback_is_queued_when_all_have_ended_however_they_did() {
    let api = TestApi::start().await;
    let batch = hand_in(&api).await;
    let items = batch["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    let callback = &batch["callback"];
    assert_eq!(callback["payload"], "sum up");
    assert_eq!(callback["state"], "scheduled");
    assert_eq!(callback["on_parent_failure"], "run");
    let path = format!("/api/v1/batches/{}", batch["batch_id"].as_str().unwrap());
    let shown = api.get(&path).await;
    assert_eq!(shown["callback_job_id"], callback["id"]);
    assert_eq!(shown["jobs"], 2);
    assert_eq!(shown["states"]["queued"], 2);

    let worker = api.worker().await;
    let claimed = worker.claim(id_of(&items[0]), 1).await;
    worker.complete(&claimed).await;
    assert_eq!(api.get(&path).await["callback_state"], "scheduled");
    let cancel = format!("/api/v1/jobs/{}/cancel", id_of(&items[1]));
    api.post(&cancel, &json!({}), StatusCode::OK).await;
    let shown = api.get(&path).await;
    assert_eq!(shown["states"]["succeeded"], 1);
    assert_eq!(shown["states"]["cancelled"], 1);
    assert_eq!(shown["callback_state"], "queued");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_batch_is_answered_with_the_same_batch() {
    let api = TestApi::start().await;
    let body = json!({"jobs": [job(json!(1))], "callback": job(json!(2))});
    let send = || async {
        let request = api.request(Method::POST, BATCH).json(&body);
        let answer = request.header("Idempotency-Key", "once").send().await;
        json_of(answer.unwrap(), StatusCode::ACCEPTED).await
    };
    let first = send().await;
    assert_eq!(send().await, first);
    assert_eq!(api.database.number("SELECT count(*) FROM batches").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_batch_is_no_resource() {
    let api = TestApi::start().await;
    let body = json!({"jobs": [job(json!(1))]});
    let batch = api.post(BATCH, &body, StatusCode::ACCEPTED).await;
    assert_eq!(batch.get("batch_id"), None);
    assert_eq!(batch.get("callback"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_its_tenants_alone() {
    let api = TestApi::start().await;
    let batch = hand_in(&api).await;
    let path = format!("/api/v1/batches/{}", batch["batch_id"].as_str().unwrap());
    let answer = api.request_as("alice", "globex", Method::GET, &path).send();
    problem_of(
        answer.await.unwrap(),
        StatusCode::NOT_FOUND,
        "batch_not_found",
    )
    .await;
    let answer = api.request(Method::GET, "/api/v1/batches/7").send().await;
    problem_of(answer.unwrap(), StatusCode::BAD_REQUEST, "bad_id").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_a_callback_are_named_and_nothing_is_accepted() {
    let api = TestApi::start().await;
    let echo = json!({"kind": "test.echo", "payload": {"text": 1}});
    let mut waiting = job(json!(1));
    waiting["depends_on"] = json!([]);
    let cases = [
        (json!(7), "invalid_request", "callback"),
        (json!({"payload": 1}), "invalid_request", "callback.kind"),
        (echo, "invalid_request", "callback.payload.text"),
        (waiting, "invalid_request", "callback.depends_on"),
        (
            json!({"kind": "test.unknown", "payload": 1}),
            "unknown_kind",
            "callback.kind",
        ),
    ];
    for (callback, code, path) in cases {
        let body = json!({"jobs": [job(json!(1))], "callback": callback});
        let answer = api.request(Method::POST, BATCH).json(&body).send().await;
        let problem = problem_of(answer.unwrap(), StatusCode::UNPROCESSABLE_ENTITY, code).await;
        assert_eq!(paths_of(&problem), [path], "{callback}");
    }
    assert_eq!(api.database.number("SELECT count(*) FROM jobs").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_batch_can_have_a_callback() {
    let api = TestApi::start().await;
    let jobs = vec![job(json!(1)); 1_000];
    let body = json!({"jobs": jobs, "callback": job(json!(2))});
    let batch = api.post(BATCH, &body, StatusCode::ACCEPTED).await;
    assert_eq!(batch["callback"]["waiting_for"], 1_000);
}
