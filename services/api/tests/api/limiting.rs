//! Operators limit how many jobs of a tenant or kind run at a time.

use gantry_domain::TenantId;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApi, json_of, paths_of, problem_of};

fn acme() -> TenantId {
    TenantId::for_organization("dev", "acme")
}

async fn set(api: &TestApi, path: &str, max_running: u32) -> Value {
    let path = format!("/api/v1/limits/{path}");
    let request = api.request(Method::PUT, &path);
    let answer = request.json(&json!({"max_running": max_running})).send();
    json_of(answer.await.unwrap(), StatusCode::OK).await
}

async fn remove(api: &TestApi, path: &str) -> reqwest::Response {
    let path = format!("/api/v1/limits/{path}");
    api.request(Method::DELETE, &path).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_holds_until_it_is_raised_or_removed() {
    for path in [
        format!("tenants/{}", acme()),
        "tenants/default".to_owned(),
        "kinds/test.echo".to_owned(),
    ] {
        let api = TestApi::start().await;
        let worker = api.worker().await;
        let jobs = [api.submit().await, api.submit().await, api.submit().await];
        let limit = set(&api, &path, 1).await;
        assert_eq!(limit["max_running"], 1);
        assert_eq!(limit["subject"], path.split_once('/').unwrap().1);
        worker.claim(jobs[0], 1).await;
        assert!(worker.try_claim(jobs[1], 1).await.is_none(), "{path}");
        set(&api, &path, 2).await;
        worker.claim(jobs[1], 1).await;
        assert!(worker.try_claim(jobs[2], 1).await.is_none(), "{path}");
        let list = api.get("/api/v1/limits").await;
        assert_eq!(list["items"].as_array().unwrap().len(), 1);

        let answer = remove(&api, &path).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        worker.claim(jobs[2], 1).await;
        let answer = remove(&api, &path).await;
        problem_of(answer, StatusCode::NOT_FOUND, "limit_not_found").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_out_of_range_is_refused_with_its_place() {
    let api = TestApi::start().await;
    let _job = api.submit().await;
    for body in [
        json!({"max_running": 0}),
        json!({"max_running": 1_000_001}),
        json!({"max_running": -1}),
        json!({"max_running": 1.5}),
        json!({"max_running": "5"}),
        json!({}),
    ] {
        let request = api.request(Method::PUT, "/api/v1/limits/kinds/test.echo");
        let answer = request.json(&body).send().await.unwrap();
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let problem = problem_of(answer, status, "invalid_request").await;
        assert_eq!(paths_of(&problem), ["max_running"], "{body}");
    }
    let nobody = TenantId::for_organization("dev", "nobody");
    for (path, status, code) in [
        (
            "kinds/test.unknown",
            StatusCode::NOT_FOUND,
            "kind_not_found",
        ),
        ("kinds/echo", StatusCode::NOT_FOUND, "kind_not_found"),
        (
            &format!("tenants/{nobody}"),
            StatusCode::NOT_FOUND,
            "tenant_not_found",
        ),
        ("tenants/acme", StatusCode::BAD_REQUEST, "bad_id"),
    ] {
        let request = api.request(Method::PUT, &format!("/api/v1/limits/{path}"));
        let answer = request.json(&json!({"max_running": 1})).send().await;
        problem_of(answer.unwrap(), status, code).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_for_operators() {
    let api = TestApi::start_with_operators("carol").await;
    for (method, path) in [
        (Method::GET, ""),
        (Method::PUT, "/kinds/test.echo"),
        (Method::DELETE, "/kinds/test.echo"),
        (Method::PUT, "/tenants/default"),
        (Method::DELETE, "/tenants/default"),
    ] {
        let request = api.request(method, &format!("/api/v1/limits{path}"));
        let answer = request.json(&json!({"max_running": 1})).send().await;
        problem_of(answer.unwrap(), StatusCode::FORBIDDEN, "not_an_operator").await;
    }
}
