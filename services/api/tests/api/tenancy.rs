//! Each tenant sees its own jobs only, and within a tenant a job is changed by whoever submitted it.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{TestApi, json_of, problem_of};

#[tokio::test(flavor = "multi_thread")]
async fn another_tenants_job_does_not_exist() {
    let api = TestApi::start().await;
    let job_id = api.submit().await;
    for (method, path) in [
        (Method::GET, ""),
        (Method::GET, "/logs"),
        (Method::GET, "/logs?follow=true"),
        (Method::GET, "/attempts"),
        (Method::GET, "/why"),
        (Method::POST, "/cancel"),
        (Method::POST, "/retry"),
    ] {
        let path = format!("/api/v1/jobs/{job_id}{path}");
        // The same person in another tenant.
        let answer = api
            .request_as("alice", "globex", method, &path)
            .send()
            .await
            .unwrap();
        problem_of(answer, StatusCode::NOT_FOUND, "job_not_found").await;
    }
    let answer = api
        .request_as("alice", "globex", Method::GET, "/api/v1/jobs")
        .send()
        .await;
    let list = json_of(answer.unwrap(), StatusCode::OK).await;
    assert_eq!(list["items"], json!([]));
    assert_eq!(api.state_of(job_id).await, "queued");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_may_look_at_a_job_but_not_change_it() {
    let api = TestApi::start().await;
    let job_id = api.submit().await;
    let path = format!("/api/v1/jobs/{job_id}");
    let answer = api
        .request_as("bob", "acme", Method::GET, &path)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    for verb in ["cancel", "retry"] {
        let path = format!("{path}/{verb}");
        let answer = api
            .request_as("bob", "acme", Method::POST, &path)
            .send()
            .await
            .unwrap();
        problem_of(answer, StatusCode::FORBIDDEN, "not_the_owner").await;
    }
    assert_eq!(api.state_of(job_id).await, "queued");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_but_the_public_ones_wants_credentials_before_anything_else() {
    let api = TestApi::start().await;
    let document = gantry_api::document();
    let mut asked = 0;
    for (path, item) in &document.paths.paths {
        let operations = [
            (Method::GET, &item.get),
            (Method::POST, &item.post),
            (Method::PUT, &item.put),
            (Method::PATCH, &item.patch),
            (Method::DELETE, &item.delete),
        ];
        for (method, operation) in operations {
            let Some(operation) = operation else { continue };
            // An operation that needs no credentials says so.
            if operation.security.is_some() {
                continue;
            }
            asked += 1;
            let path = path.replace(['{', '}'], "");
            let request = api.anonymous(method, &format!("{path}?limit=oops"));
            let answer = request.body("no json").send().await.unwrap();
            assert_eq!(answer.headers()["www-authenticate"], "Bearer");
            problem_of(answer, StatusCode::UNAUTHORIZED, "unauthenticated").await;
        }
    }
    let wanting = gantry_api::OPERATIONS
        .iter()
        .filter(|(_, _, access)| *access != gantry_api::Access::Anyone);
    assert_eq!(asked, wanting.count());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_is_told_who_they_are() {
    let api = TestApi::start().await;
    let request = api.request(Method::GET, "/api/v1/users/me");
    let request = request.header("X-Dev-User-Email", "alice@example.com");
    let me = json_of(request.send().await.unwrap(), StatusCode::OK).await;
    assert_eq!(me["subject"], "alice");
    assert_eq!(me["email"], "alice@example.com");
    assert_eq!(me["organization"]["id"], "acme");
    assert_eq!(
        api.database
            .text("SELECT email FROM users")
            .await
            .as_deref(),
        Some("alice@example.com")
    );
    assert_eq!(
        api.database.text("SELECT id FROM tenants").await.as_deref(),
        me["tenant_id"].as_str()
    );
}
