//! A job can be cancelled until it ends, and run again once it has failed or was cancelled.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{TestApi, json_of, problem_of};

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_job_is_cancelled_at_once_and_stays_so() {
    let api = TestApi::start().await;
    let job_id = api.submit().await;
    let path = format!("/api/v1/jobs/{job_id}/cancel");
    let job = api.post(&path, &json!({}), StatusCode::OK).await;
    assert_eq!(job["state"], "cancelled");
    assert_eq!(job["error"]["code"], "cancelled");
    assert_eq!(job["error"]["message"], "Cancelled by alice.");
    assert_eq!(api.post(&path, &json!({}), StatusCode::OK).await, job);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_is_told_to_stop() {
    let api = TestApi::start().await;
    let job_id = api.submit().await;
    let worker = api.worker().await;
    let claimed = worker.claim(job_id, 1).await;
    let path = format!("/api/v1/jobs/{job_id}/cancel");
    let job = api.post(&path, &json!({}), StatusCode::ACCEPTED).await;
    assert_eq!(job["state"], "running");
    assert!(job["cancel_requested_at"].is_string());
    assert_eq!(worker.next_cancelled().await, claimed.run);

    worker.mark_cancelled(&claimed).await;
    let job = api.post(&path, &json!({}), StatusCode::OK).await;
    assert_eq!(job["state"], "cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_succeeded_can_be_neither_cancelled_nor_run_again() {
    let api = TestApi::start().await;
    let job_id = api.submit().await;
    let worker = api.worker().await;
    let claimed = worker.claim(job_id, 1).await;
    worker.complete(&claimed).await;
    let post = |verb: &str| {
        let path = format!("/api/v1/jobs/{job_id}/{verb}");
        api.request(Method::POST, &path).send()
    };
    problem_of(
        post("cancel").await.unwrap(),
        StatusCode::CONFLICT,
        "job_already_ended",
    )
    .await;
    problem_of(
        post("retry").await.unwrap(),
        StatusCode::CONFLICT,
        "job_not_redrivable",
    )
    .await;
    let job = api.get(&format!("/api/v1/jobs/{job_id}")).await;
    assert_eq!(job["state"], "succeeded");
    assert_eq!(job["result"], json!({"done": true}));
    assert_eq!(job["worker"], "test-worker");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_job_runs_again_under_its_own_id() {
    let api = TestApi::start().await;
    let job_id = api.submit().await;
    let worker = api.worker().await;
    let claimed = worker.claim(job_id, 1).await;
    api.post(
        &format!("/api/v1/jobs/{job_id}/cancel"),
        &json!({}),
        StatusCode::ACCEPTED,
    )
    .await;
    worker.mark_cancelled(&claimed).await;

    let answer = api.request(Method::POST, &format!("/api/v1/jobs/{job_id}/retry"));
    let job = json_of(answer.send().await.unwrap(), StatusCode::ACCEPTED).await;
    assert_eq!(job["state"], "queued");
    assert_eq!(job["error"], json!(null));
    let claimed = worker.claim(job_id, 2).await;
    assert_eq!(claimed.attempt, 2);
    worker.complete(&claimed).await;
    let attempts = api.get(&format!("/api/v1/jobs/{job_id}/attempts")).await;
    let outcomes: Vec<_> = attempts["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attempt| &attempt["outcome"])
        .collect();
    assert_eq!(outcomes, ["cancelled", "succeeded"]);
    assert_eq!(attempts["next_cursor"], json!(null));
}
