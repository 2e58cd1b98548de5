//! Operators set how long a tenant's finished jobs are kept.

use gantry_domain::TenantId;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApi, json_of, paths_of, problem_of};

fn path(tenant: &str) -> String {
    let tenant_id = TenantId::for_organization("dev", tenant);
    format!("/api/v1/tenants/{tenant_id}/retention")
}

async fn put(api: &TestApi, tenant: &str, body: &Value) -> reqwest::Response {
    let request = api.request(Method::PUT, &path(tenant));
    request.json(body).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_has_the_periods_of_the_installation_until_it_is_given_its_own() {
    let api = TestApi::start().await;
    let _job = api.submit().await;
    let shown = api.get(&path("acme")).await;
    assert_eq!(shown["own"], json!(null));
    for jobs_days in [365, 400] {
        let days = json!({"jobs_days": jobs_days, "results_days": 90, "logs_days": 7});
        let set = json_of(put(&api, "acme", &days).await, StatusCode::OK).await;
        assert_eq!(set["own"], days);
        assert_eq!(api.get(&path("acme")).await, set);
    }
    let cleared = api.request(Method::DELETE, &path("acme")).send().await;
    assert_eq!(cleared.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(api.get(&path("acme")).await["own"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn periods_that_cannot_be_kept_are_refused_with_their_place() {
    let api = TestApi::start().await;
    let _job = api.submit().await;
    for (days, path) in [
        (
            json!({"jobs_days": 0, "results_days": 1, "logs_days": 1}),
            "jobs_days",
        ),
        (
            json!({"jobs_days": 9, "results_days": 9, "logs_days": 3_651}),
            "logs_days",
        ),
        (
            json!({"jobs_days": 9, "results_days": 10, "logs_days": 9}),
            "jobs_days",
        ),
        (json!({"jobs_days": 9, "logs_days": 9}), "results_days"),
    ] {
        let answer = put(&api, "acme", &days).await;
        let problem = problem_of(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request");
        assert_eq!(paths_of(&problem.await), [path], "{days}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_nobody_has_signed_in_for_is_not_found() {
    let api = TestApi::start().await;
    let days = json!({"jobs_days": 9, "results_days": 9, "logs_days": 9});
    let answer = put(&api, "nobody", &days).await;
    problem_of(answer, StatusCode::NOT_FOUND, "tenant_not_found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retention_is_for_operators() {
    let api = TestApi::start_with_operators("carol").await;
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let request = api.request(method, &path("acme"));
        let answer = request.json(&json!({})).send().await.unwrap();
        problem_of(answer, StatusCode::FORBIDDEN, "not_an_operator").await;
    }
}
