//! All jobs that match are run again or cancelled, one's own unless one administrates the organization.

use gantry_domain::JobId;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApi, TestWorker, id_of, json_of, paths_of, problem_of};

const RETRY: &str = "/api/v1/jobs/retry";
const CANCEL: &str = "/api/v1/jobs/cancel";

async fn submit_as(api: &TestApi, user: &str) -> JobId {
    let request = api.request_as(user, "acme", Method::POST, "/api/v1/jobs");
    let body = json!({"kind": "test.anything", "payload": 1, "tags": ["night"]});
    let answer = request.json(&body).send().await.unwrap();
    id_of(&json_of(answer, StatusCode::ACCEPTED).await)
}

async fn fail(api: &TestApi, worker: &TestWorker, code: &str) -> JobId {
    let job_id = submit_as(api, "alice").await;
    let claimed = worker.claim(job_id, 1).await;
    worker.fail(&claimed, code).await;
    job_id
}

fn outcome(matched: u64, changed: u64) -> Value {
    json!({"matched": matched, "changed": changed, "remaining": false})
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_listed_and_run_again_by_their_error_code() {
    let api = TestApi::start().await;
    let worker = api.worker().await;
    let broken = fail(&api, &worker, "broken").await;
    let slow = fail(&api, &worker, "deadline_exceeded").await;
    let list = api.get("/api/v1/jobs?state=failed&error_code=broken").await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(id_of(&list["items"][0]), broken);

    let order = json!({"state": ["failed"], "error_code": "broken", "dry_run": true});
    assert_eq!(api.post(RETRY, &order, StatusCode::OK).await, outcome(1, 0));
    assert_eq!(api.state_of(broken).await, "failed");
    let order = json!({"state": "failed", "error_code": "broken"});
    assert_eq!(api.post(RETRY, &order, StatusCode::OK).await, outcome(1, 1));
    assert_eq!(api.post(RETRY, &order, StatusCode::OK).await, outcome(0, 0));
    assert_eq!(api.state_of(slow).await, "failed");
    assert_eq!(worker.claim(broken, 2).await.attempt, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_jobs_are_cancelled_and_running_ones_told() {
    let api = TestApi::start().await;
    let worker = api.worker().await;
    let (running, waiting) = (
        submit_as(&api, "alice").await,
        submit_as(&api, "alice").await,
    );
    let claimed = worker.claim(running, 1).await;
    let order = json!({"kind": "test.anything", "tag": "night", "created_by": "me"});
    assert_eq!(
        api.post(CANCEL, &order, StatusCode::OK).await,
        outcome(2, 2)
    );
    assert_eq!(worker.next_cancelled().await, claimed.run);
    let job = api.get(&format!("/api/v1/jobs/{waiting}")).await;
    assert_eq!(job["state"], "cancelled");
    assert_eq!(job["error"]["message"], "Cancelled by alice.");
    assert_eq!(
        api.post(CANCEL, &order, StatusCode::OK).await,
        outcome(0, 0)
    );
    worker.mark_cancelled(&claimed).await;
    assert_eq!(api.post(RETRY, &order, StatusCode::OK).await, outcome(2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleagues_and_another_tenants_jobs_are_left_alone() {
    let api = TestApi::start().await;
    let bobs = submit_as(&api, "bob").await;
    let own = api.submit().await;
    let bob = api.get(&format!("/api/v1/jobs/{bobs}")).await["created_by"].clone();
    let order = json!({"created_by": bob});
    assert_eq!(
        api.post(CANCEL, &order, StatusCode::OK).await,
        outcome(0, 0)
    );
    let order = json!({"queue": "default"});
    let elsewhere = api.request_as("alice", "globex", Method::POST, CANCEL);
    let answer = elsewhere.json(&order).send().await.unwrap();
    assert_eq!(json_of(answer, StatusCode::OK).await, outcome(0, 0));
    assert_eq!(
        api.post(CANCEL, &order, StatusCode::OK).await,
        outcome(1, 1)
    );
    assert_eq!(api.state_of(bobs).await, "queued");
    assert_eq!(api.state_of(own).await, "cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_bounded_and_says_when_more_remain() {
    let api = TestApi::start().await;
    let jobs: Vec<Value> = (0..600)
        .map(|number| json!({"kind": "test.anything", "payload": number}))
        .collect();
    for _ in 0..2 {
        let body = json!({"jobs": jobs});
        api.post("/api/v1/jobs/batch", &body, StatusCode::ACCEPTED)
            .await;
    }
    let order = json!({"kind": "test.anything"});
    let first = api.post(CANCEL, &order, StatusCode::OK).await;
    assert_eq!(
        first,
        json!({"matched": 1_000, "changed": 1_000, "remaining": true})
    );
    let second = api.post(CANCEL, &order, StatusCode::OK).await;
    assert_eq!(second, outcome(200, 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_without_a_filter_or_with_faults_changes_nothing() {
    let api = TestApi::start().await;
    let job_id = api.submit().await;
    for (body, path) in [
        (json!({}), "body"),
        (json!({"kind": null, "dry_run": true}), "body"),
        (json!([]), "body"),
        (json!({"state": []}), "state"),
        (json!({"state": ["done"]}), "state"),
        (json!({"kind": "Echo"}), "kind"),
        (json!({"created_by": "alice"}), "created_by"),
        (json!({"kind": "test.echo", "dry_run": 1}), "dry_run"),
        (json!({"kind": "test.echo", "limit": 10}), "limit"),
    ] {
        for target in [RETRY, CANCEL] {
            let request = api.request(Method::POST, target).json(&body);
            let answer = request.send().await.unwrap();
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let problem = problem_of(answer, status, "invalid_request").await;
            assert_eq!(paths_of(&problem)[0], path, "{body}");
        }
    }
    assert_eq!(api.state_of(job_id).await, "queued");
}
