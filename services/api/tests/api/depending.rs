//! Jobs that wait for other jobs of their tenant.

use gantry_domain::JobId;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApi, id_of, json_of, paths_of, problem_of};

const ONE: &str = "/api/v1/jobs";
const BATCH: &str = "/api/v1/jobs/batch";

async fn send(api: &TestApi, path: &str, body: &Value) -> Response {
    let request = api.request(Method::POST, path).json(body);
    request.send().await.unwrap()
}

async fn accept(api: &TestApi, body: &Value) -> Value {
    json_of(send(api, ONE, body).await, StatusCode::ACCEPTED).await
}

fn after(parents: &Value) -> Value {
    json!({"kind": "test.anything", "payload": 1, "depends_on": parents})
}

async fn show(api: &TestApi, job: &Value) -> Value {
    api.get(&format!("{ONE}/{}", id_of(job))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_shows_what_it_waits_for_and_is_queued_after_it() {
    let api = TestApi::start().await;
    let parent = api.submit().await;
    let child = accept(&api, &after(&json!([parent]))).await;
    assert_eq!(child["state"], "scheduled");
    assert_eq!(child["waiting_for"], 1);
    assert_eq!(child["on_parent_failure"], "cancel");
    let waits = json!([{"job_id": parent, "outcome": null}]);
    assert_eq!(child["depends_on"], waits);
    assert_eq!(show(&api, &child).await, child);

    let worker = api.worker().await;
    let claimed = worker.claim(parent, 1).await;
    worker.complete(&claimed).await;
    let child = show(&api, &child).await;
    assert_eq!(child["state"], "queued");
    assert_eq!(child["waiting_for"], 0);
    assert_eq!(child["depends_on"][0]["outcome"], "succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_that_has_succeeded_before_counts_at_once() {
    let api = TestApi::start().await;
    let parent = api.submit().await;
    let worker = api.worker().await;
    let claimed = worker.claim(parent, 1).await;
    worker.complete(&claimed).await;
    let child = accept(&api, &after(&json!([parent]))).await;
    assert_eq!(child["state"], "queued");
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_a_parent_cancels_its_children_unless_they_run_all_the_same() {
    let api = TestApi::start().await;
    let parent = api.submit().await;
    let child = accept(&api, &after(&json!([parent]))).await;
    let mut lenient = after(&json!([parent]));
    lenient["on_parent_failure"] = json!("run");
    let lenient = accept(&api, &lenient).await;
    let cancel = format!("{ONE}/{parent}/cancel");
    api.post(&cancel, &json!({}), StatusCode::OK).await;
    let child = show(&api, &child).await;
    assert_eq!(child["state"], "cancelled");
    assert_eq!(child["error"]["code"], "parent_failed");
    assert_eq!(child["error"]["detail"]["parent"], json!(parent));
    assert_eq!(show(&api, &lenient).await["state"], "queued");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_names_its_earlier_jobs_by_their_place() {
    let api = TestApi::start().await;
    let outside = api.submit().await;
    let batch = json!({"jobs": [
        {"kind": "test.anything", "payload": 0},
        after(&json!([{"item": 0}])),
        after(&json!([{"item": 0}, {"item": 1}, outside])),
    ]});
    let answer = json_of(send(&api, BATCH, &batch).await, StatusCode::ACCEPTED).await;
    let items = answer["items"].as_array().unwrap();
    assert_eq!(items[0]["state"], "queued");
    assert_eq!(items[1]["depends_on"][0]["job_id"], items[0]["id"]);
    assert_eq!(items[2]["waiting_for"], 3);
    assert_eq!(items[2]["depends_on"][1]["job_id"], items[1]["id"]);
    assert_eq!(items[2]["depends_on"][2]["job_id"], json!(outside));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_job_that_stands_in_for_an_item_is_the_parent_then() {
    let api = TestApi::start().await;
    let nightly = json!({"kind": "test.anything", "payload": 1, "unique_key": "nightly"});
    let holder = accept(&api, &nightly).await;
    let mut again = nightly.clone();
    again["on_conflict"] = json!("return_existing");
    let batch = json!({"jobs": [again, after(&json!([{"item": 0}]))]});
    let answer = json_of(send(&api, BATCH, &batch).await, StatusCode::ACCEPTED).await;
    assert_eq!(answer["items"][0]["id"], holder["id"]);
    let parents = &answer["items"][1]["depends_on"];
    assert_eq!(parents[0]["job_id"], holder["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn parents_that_cannot_be_are_named_by_their_place() {
    let api = TestApi::start().await;
    let known = api.submit().await;
    let foreign = {
        let request = api.request_as("alice", "globex", Method::POST, ONE);
        let body = json!({"kind": "test.anything", "payload": 1});
        let answer = request.json(&body).send().await.unwrap();
        id_of(&json_of(answer, StatusCode::ACCEPTED).await)
    };
    let ids: Vec<JobId> = (0..101).map(|_| JobId::generate()).collect();
    let cases = [
        (json!([known, JobId::generate()]), vec!["depends_on[1]"]),
        (json!([foreign]), vec!["depends_on[0]"]),
        (json!([known, known]), vec!["depends_on[1]"]),
        (
            json!(["x", known, 7]),
            vec!["depends_on[0]", "depends_on[2]"],
        ),
        (json!([{"item": 0}]), vec!["depends_on[0]"]),
        (json!(known), vec!["depends_on"]),
        (json!(ids), vec!["depends_on"]),
    ];
    for (parents, paths) in cases {
        let answer = send(&api, ONE, &after(&parents)).await;
        let problem = problem_of(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request").await;
        assert_eq!(paths_of(&problem), paths, "{parents}");
    }
    let batch = json!({"jobs": [after(&json!([{"item": 1}])), after(&json!([JobId::generate()]))]});
    let answer = send(&api, BATCH, &batch).await;
    let problem = problem_of(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request").await;
    assert_eq!(paths_of(&problem), ["jobs[0].depends_on[0]"]);
    assert_eq!(api.database.number("SELECT count(*) FROM jobs").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_names_too_many_parents_in_all_is_refused() {
    let api = TestApi::start().await;
    let ids: Vec<JobId> = (0..100).map(|_| JobId::generate()).collect();
    let jobs = vec![after(&json!(ids)); 101];
    let answer = send(&api, BATCH, &json!({"jobs": jobs})).await;
    let problem = problem_of(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request").await;
    assert_eq!(paths_of(&problem), ["jobs"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_is_answered_with_the_job_that_waits() {
    let api = TestApi::start().await;
    let parent = api.submit().await;
    let submit = || async {
        let request = api.request(Method::POST, ONE);
        let request = request.header("Idempotency-Key", "once");
        let answer = request.json(&after(&json!([parent]))).send().await;
        json_of(answer.unwrap(), StatusCode::ACCEPTED).await
    };
    let first = submit().await;
    assert_eq!(submit().await, first);
    assert_eq!(api.database.number("SELECT count(*) FROM jobs").await, 2);
}
