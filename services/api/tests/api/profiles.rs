//! Profiles: registered by a tenant's administrators, given to whoever proves to own the address.

use gantry_domain::TenantId;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApi, Webhook, json_of, paths_of, problem_of};

const PATH: &str = "/api/v1/profiles";

/// An API at which `alice` is an administrator of `acme`.
async fn api_with_administrator() -> TestApi {
    let api = TestApi::start().await;
    let membership = Webhook::membership("alice", "acme", "org:admin");
    assert_eq!(membership.outcome(&api).await, "applied");
    api
}

/// A request of someone whom only their membership lets into the tenant.
fn as_member(
    api: &TestApi,
    user: &str,
    tenant: &str,
    method: Method,
    path: &str,
) -> RequestBuilder {
    let tenant = TenantId::for_organization("dev", tenant).to_string();
    api.request_as(user, &tenant, method, path)
}

fn as_alice(api: &TestApi, method: Method, path: &str) -> RequestBuilder {
    as_member(api, "alice", "acme", method, path)
}

async fn register(api: &TestApi, body: &Value) -> Value {
    let answer = as_alice(api, Method::POST, PATH).json(body).send().await;
    json_of(answer.unwrap(), StatusCode::CREATED).await
}

async fn get(api: &TestApi, path: &str) -> Value {
    let answer = as_alice(api, Method::GET, path).send().await.unwrap();
    json_of(answer, StatusCode::OK).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_registered_shown_changed_and_deleted() {
    let api = api_with_administrator().await;
    let body = json!({"email": "Ada@Example.com", "name": "Ada", "cohort": "beta"});
    let created = register(&api, &body).await;
    assert_eq!(created["email"], "Ada@Example.com");
    assert_eq!(created["user_id"], json!(null));
    let path = format!("{PATH}/{}", created["id"].as_str().unwrap());
    assert_eq!(get(&api, &path).await, created);
    let change = |body: Value| as_alice(&api, Method::PATCH, &path).json(&body).send();
    let changed = json_of(
        change(json!({"cohort": "default"})).await.unwrap(),
        StatusCode::OK,
    )
    .await;
    assert_eq!(
        (&changed["cohort"], &changed["name"]),
        (&json!("default"), &json!("Ada"))
    );
    let changed = json_of(change(json!({"name": null})).await.unwrap(), StatusCode::OK).await;
    assert_eq!(
        (&changed["cohort"], &changed["name"]),
        (&json!("default"), &json!(null))
    );
    let listed = get(&api, PATH).await;
    assert_eq!(listed["items"], json!([changed]));
    let deleted = as_alice(&api, Method::DELETE, &path).send().await.unwrap();
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    for method in [Method::GET, Method::DELETE] {
        let answer = as_alice(&api, method, &path).send().await.unwrap();
        problem_of(answer, StatusCode::NOT_FOUND, "profile_not_found").await;
    }
    let audited = "SELECT string_agg(action, ' ' ORDER BY id) FROM audit_events WHERE action LIKE 'profile.%'";
    let expected = "profile.created profile.changed profile.changed profile.deleted";
    assert_eq!(api.database.text(audited).await.as_deref(), Some(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_waits_becomes_that_of_the_owner_of_the_address() {
    let api = api_with_administrator().await;
    let created = register(&api, &json!({"email": "ada@example.com"})).await;
    assert_eq!(created["cohort"], "default");
    let sign_up = Webhook::sign_up("user_ada", "ADA@example.com");
    assert_eq!(sign_up.outcome(&api).await, "applied");
    let path = format!("{PATH}/{}", created["id"].as_str().unwrap());
    let linked = get(&api, &path).await;
    assert!(
        linked["user_id"].is_string() && linked["linked_at"].is_string(),
        "{linked}"
    );
    assert_eq!(linked["cohort"], "default");
    // The welcome is in the person's own space.
    let jobs = get(&api, "/api/v1/jobs?kind=email.send").await;
    assert_eq!(jobs["items"], json!([]));
    let jobs = "SELECT count(*) FROM jobs WHERE kind = 'email.send'";
    assert_eq!(api.database.number(jobs).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_has_one_profile_for_an_address() {
    let api = api_with_administrator().await;
    register(&api, &json!({"email": "ada@example.com"})).await;
    let again = as_alice(&api, Method::POST, PATH).json(&json!({"email": "ADA@EXAMPLE.COM"}));
    let answer = again.send().await.unwrap();
    problem_of(answer, StatusCode::CONFLICT, "profile_email_taken").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_told_with_their_places() {
    let api = api_with_administrator().await;
    let created = register(&api, &json!({"email": "ada@example.com"})).await;
    let path = format!("{PATH}/{}", created["id"].as_str().unwrap());
    for (method, path, body, place) in [
        (Method::POST, PATH, json!({}), "email"),
        (Method::POST, PATH, json!({"email": "ada"}), "email"),
        (Method::POST, PATH, json!({"email": "a@b@c"}), "email"),
        (
            Method::POST,
            PATH,
            json!({"email": "x@example.com", "cohort": "gold"}),
            "cohort",
        ),
        (
            Method::POST,
            PATH,
            json!({"email": "x@example.com", "name": ""}),
            "name",
        ),
        (
            Method::POST,
            PATH,
            json!({"email": "x@example.com", "name": "a\u{7}"}),
            "name",
        ),
        (
            Method::POST,
            PATH,
            json!({"email": "x@example.com", "user_id": created["id"]}),
            "user_id",
        ),
        (
            Method::PATCH,
            path.as_str(),
            json!({"email": "x@example.com"}),
            "email",
        ),
        (
            Method::PATCH,
            path.as_str(),
            json!({"user_id": created["id"]}),
            "user_id",
        ),
        (
            Method::PATCH,
            path.as_str(),
            json!({"cohort": null}),
            "cohort",
        ),
        (Method::PATCH, path.as_str(), json!([]), "body"),
    ] {
        let answer = as_alice(&api, method, path)
            .json(&body)
            .send()
            .await
            .unwrap();
        let problem = problem_of(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request").await;
        assert_eq!(paths_of(&problem), [place], "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn profiles_are_for_administrators_of_their_tenant() {
    let api = api_with_administrator().await;
    let membership = Webhook::membership("bob", "acme", "org:member");
    assert_eq!(membership.outcome(&api).await, "applied");
    let membership = Webhook::membership("eve", "globex", "org:admin");
    assert_eq!(membership.outcome(&api).await, "applied");
    let created = register(&api, &json!({"email": "ada@example.com"})).await;
    let path = format!("{PATH}/{}", created["id"].as_str().unwrap());
    for (method, path) in [
        (Method::GET, PATH),
        (Method::POST, PATH),
        (Method::GET, &path),
        (Method::PATCH, &path),
        (Method::DELETE, &path),
    ] {
        let request = as_member(&api, "bob", "acme", method.clone(), path);
        let answer = request.json(&json!({})).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{method} {path}");
    }
    for method in [Method::GET, Method::PATCH, Method::DELETE] {
        let request = as_member(&api, "eve", "globex", method, &path);
        let answer = request.json(&json!({})).send().await.unwrap();
        problem_of(answer, StatusCode::NOT_FOUND, "profile_not_found").await;
    }
}
