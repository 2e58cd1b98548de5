//! Operators pause and resume queues, tenants and people; nobody else does.

use gantry_domain::{Doorbell, JobId, Priority, TenantId, UserId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::support::{SOON, TestApi, json_of, paths_of, problem_of};

fn alice() -> UserId {
    UserId::for_subject("dev", "alice")
}

fn acme() -> TenantId {
    TenantId::for_organization("dev", "acme")
}

/// The paths below which the usual caller's jobs can be paused.
fn paths() -> [String; 3] {
    [
        "/api/v1/queues/default".to_owned(),
        format!("/api/v1/tenants/{}", acme()),
        format!("/api/v1/users/{}", alice()),
    ]
}

async fn pause(api: &TestApi, path: &str, body: &Value) -> Value {
    api.post(&format!("{path}/pause"), body, StatusCode::OK)
        .await
}

async fn resume(api: &TestApi, path: &str) -> Value {
    api.post(&format!("{path}/resume"), &json!({}), StatusCode::OK)
        .await
}

/// A doorbell for each of the jobs, in any order.
async fn wait_for_doorbells(doorbells: &mut gantry_queue::DoorbellReader, jobs: &[JobId]) {
    let listening = async {
        let mut heard: Vec<Doorbell> = Vec::new();
        let is_heard =
            |heard: &[Doorbell], job: &JobId| heard.iter().any(|bell| bell.job_id == *job);
        while !jobs.iter().all(|job| is_heard(&heard, job)) {
            let delivery = doorbells.read(10).await.unwrap();
            heard.extend(delivery.doorbells.into_iter().map(|entry| entry.doorbell));
        }
        heard
    };
    let heard = timeout(SOON, listening).await.expect("doorbells ring");
    assert!(heard.iter().all(|bell| bell.priority == Priority::Normal));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paused_is_not_claimed_until_it_is_resumed_and_then_rung_for_at_once() {
    for path in paths() {
        let api = TestApi::start().await;
        let worker = api.worker().await;
        let mut doorbells = worker.doorbells();
        let job_id = api.submit().await;
        wait_for_doorbells(&mut doorbells, &[job_id]).await;

        let paused = pause(&api, &path, &json!({"reason": "upgrade until five"})).await;
        assert_eq!(paused["reason"], "upgrade until five");
        assert_eq!(paused["paused_by"], alice().to_string());
        assert_eq!(paused["paused_by_name"], "alice");
        assert_eq!(paused["told_to_end"], 0);
        assert!(worker.try_claim(job_id, 1).await.is_none(), "{path}");
        let list = api.get("/api/v1/pauses").await;
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
        assert_eq!(list["items"][0]["subject"], paused["subject"]);

        let resumed = resume(&api, &path).await;
        assert_eq!(resumed["was_paused"], true);
        wait_for_doorbells(&mut doorbells, &[job_id]).await;
        let claimed = worker.claim(job_id, 1).await;
        worker.complete(&claimed).await;
        assert_eq!(api.get("/api/v1/pauses").await["items"], json!([]));
        assert_eq!(resume(&api, &path).await["was_paused"], false);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn running_jobs_are_told_to_end_only_when_asked() {
    let api = TestApi::start().await;
    let worker = api.worker().await;
    let job_id = api.submit().await;
    let claimed = worker.claim(job_id, 1).await;
    let path = "/api/v1/queues/default";
    assert_eq!(pause(&api, path, &json!({})).await["told_to_end"], 0);
    let job = api.get(&format!("/api/v1/jobs/{job_id}")).await;
    assert_eq!(job["cancel_requested_at"], json!(null));

    let order = json!({"running": "cancel"});
    assert_eq!(pause(&api, path, &order).await["told_to_end"], 1);
    assert_eq!(worker.next_cancelled().await, claimed.run);
    worker.mark_cancelled(&claimed).await;
    assert_eq!(api.state_of(job_id).await, "cancelled");
    assert_eq!(pause(&api, path, &order).await["told_to_end"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_not_needed() {
    let api = TestApi::start().await;
    for verb in ["pause", "resume"] {
        let path = format!("/api/v1/queues/default/{verb}");
        let answer = api.request(Method::POST, &path).send().await.unwrap();
        json_of(answer, StatusCode::OK).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_a_pause_are_told_with_their_places() {
    let api = TestApi::start().await;
    let body = json!({"reason": "", "running": "stop", "until": "five"});
    let path = "/api/v1/queues/default/pause";
    let answer = api.request(Method::POST, path).json(&body).send().await;
    let problem = problem_of(
        answer.unwrap(),
        StatusCode::UNPROCESSABLE_ENTITY,
        "invalid_request",
    )
    .await;
    assert_eq!(paths_of(&problem), ["reason", "running", "until"]);
    let nobody = UserId::for_subject("dev", "nobody");
    for (path, status, code) in [
        ("queues/defualt", StatusCode::NOT_FOUND, "queue_not_found"),
        (
            "queues/No%20Queue",
            StatusCode::NOT_FOUND,
            "queue_not_found",
        ),
        (
            &format!("tenants/{}", nobody.as_uuid()),
            StatusCode::NOT_FOUND,
            "tenant_not_found",
        ),
        (
            &format!("users/{nobody}"),
            StatusCode::NOT_FOUND,
            "user_not_found",
        ),
        ("tenants/acme", StatusCode::BAD_REQUEST, "bad_id"),
        ("users/me", StatusCode::BAD_REQUEST, "bad_id"),
    ] {
        let path = format!("/api/v1/{path}/pause");
        let answer = api.request(Method::POST, &path).json(&json!({})).send();
        problem_of(answer.await.unwrap(), status, code).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_no_operator_is_told_which_setting_decides() {
    let api = TestApi::start_with_operators("carol").await;
    let routes = paths()
        .into_iter()
        .flat_map(|path| [format!("{path}/pause"), format!("{path}/resume")])
        .map(|path| (Method::POST, path))
        .chain([(Method::GET, "/api/v1/pauses".to_owned())]);
    for (method, path) in routes {
        let answer = api.request(method.clone(), &path).send().await.unwrap();
        let problem = problem_of(answer, StatusCode::FORBIDDEN, "not_an_operator").await;
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("GANTRY_OPERATORS"), "{detail}");
        // The tenant of an operator does not matter.
        let answer = api.request_as("carol", "operations", method, &path).send();
        json_of(answer.await.unwrap(), StatusCode::OK).await;
    }
}
