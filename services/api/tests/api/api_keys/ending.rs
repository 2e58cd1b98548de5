//! How API keys end, and what is known of their use.

use gantry_domain::UserId;
use gantry_testkit::eventually;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{JOBS, KEYS, ME, path_of, wish};
use crate::support::{SOON, TestApi, json_of, problem_of};

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_and_an_expired_key_are_told_apart_to_those_who_have_the_secret_only() {
    let api = TestApi::start().await;
    let (revoked, expired) = (api.key(&["jobs:read"]).await, api.key(&["jobs:read"]).await);
    assert_eq!(api.me_with(&revoked).await.status(), StatusCode::OK);
    for _ in 0..2 {
        let answer = api.request(Method::DELETE, &path_of(&revoked)).send().await;
        assert_eq!(answer.unwrap().status(), StatusCode::NO_CONTENT);
    }
    api.database
        .execute(&format!(
            "UPDATE api_keys SET created_at = now() - interval '2 days', expires_at = now() - interval '1 second'
             WHERE id = '{}'",
            expired["id"].as_str().unwrap()
        ))
        .await;
    for (key, code) in [(&revoked, "api_key_revoked"), (&expired, "api_key_expired")] {
        problem_of(api.me_with(key).await, StatusCode::UNAUTHORIZED, code).await;
        let text = key["key"].as_str().unwrap();
        let (head, _) = text.rsplit_once('_').unwrap();
        let guess = format!("{head}_{}", "a".repeat(43));
        let answer = api.anonymous(Method::GET, ME).bearer_auth(guess).send();
        problem_of(
            answer.await.unwrap(),
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
        )
        .await;
    }
    assert!(api.get(&path_of(&revoked)).await["revoked_at"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn once_a_revocation_was_answered_no_request_gets_through() {
    let api = std::sync::Arc::new(TestApi::start().await);
    let key = std::sync::Arc::new(api.key(&["jobs:read"]).await);
    let revoked = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let mut users = JoinSet::new();
    for _ in 0..8 {
        let (api, key, revoked) = (api.clone(), key.clone(), revoked.clone());
        users.spawn(async move {
            loop {
                let is_over = revoked.load(std::sync::atomic::Ordering::SeqCst);
                let status = api.me_with(&key).await.status();
                if is_over {
                    return status;
                }
            }
        });
    }
    for _ in 0..5 {
        assert_eq!(api.me_with(&key).await.status(), StatusCode::OK);
    }
    let answer = api.request(Method::DELETE, &path_of(&key)).send().await;
    assert_eq!(answer.unwrap().status(), StatusCode::NO_CONTENT);
    revoked.store(true, std::sync::atomic::Ordering::SeqCst);
    for status in users.join_all().await {
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_refuses_a_revoked_key_soon() {
    let api = TestApi::start().await;
    let key = api.key(&["jobs:read"]).await;
    assert_eq!(api.me_with(&key).await.status(), StatusCode::OK);
    // As another process does.
    api.database
        .execute("UPDATE api_keys SET revoked_at = now()")
        .await;
    eventually(SOON, || async {
        match api.me_with(&key).await.status() {
            StatusCode::UNAUTHORIZED => Ok(()),
            status => Err(status),
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keys_of_someone_who_was_removed_end_and_do_not_come_back_with_them() {
    let api = TestApi::start().await;
    let tenant = api.tenant_with_member().await;
    let key = api.key_of("mia", &tenant, &["jobs:read"]).await;
    assert_eq!(api.me_with(&key).await.status(), StatusCode::OK);
    let path = TestApi::member_path(&tenant);
    let removed = api
        .request_as("alice", &tenant, Method::DELETE, &path)
        .send();
    assert!(removed.await.unwrap().status().is_success());
    problem_of(
        api.me_with(&key).await,
        StatusCode::UNAUTHORIZED,
        "api_key_revoked",
    )
    .await;

    let member = json!({"user_id": UserId::for_subject("dev", "mia"), "role": "owner"});
    let members = format!("/api/v1/tenants/{tenant}/members");
    let added = api.request_as("alice", &tenant, Method::POST, &members);
    json_of(
        added.json(&member).send().await.unwrap(),
        StatusCode::CREATED,
    )
    .await;
    eventually(SOON, || async {
        match api.me_with(&key).await.status() {
            StatusCode::UNAUTHORIZED => Ok(()),
            status => Err(status),
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_loses_what_its_maker_loses() {
    let api = TestApi::start().await;
    let tenant = api.tenant_with_member().await;
    let key = api
        .key_of("mia", &tenant, &["jobs:read", "jobs:submit"])
        .await;
    let path = TestApi::member_path(&tenant);
    let changed = api.request_as("alice", &tenant, Method::PATCH, &path);
    let changed = changed.json(&json!({"role": "viewer"})).send().await;
    assert_eq!(changed.unwrap().status(), StatusCode::OK);
    let job = json!({"kind": "test.anything", "payload": 1});
    let submit = api.with_key(&key, Method::POST, JOBS).json(&job).send();
    problem_of(
        submit.await.unwrap(),
        StatusCode::FORBIDDEN,
        "missing_right",
    )
    .await;
    let read = api.with_key(&key, Method::GET, JOBS).send().await.unwrap();
    assert_eq!(read.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_use_of_a_key_is_written_once_a_minute() {
    let api = TestApi::start().await;
    let key = api.key(&["jobs:read"]).await;
    assert_eq!(api.get(&path_of(&key)).await["last_used_at"], Value::Null);
    api.me_with(&key).await;
    let used_at = api.get(&path_of(&key)).await["last_used_at"].clone();
    assert!(used_at.is_string());
    let mut api = api;
    // Another process, which knows nothing of the key.
    api.restart().await;
    api.me_with(&key).await;
    assert_eq!(api.get(&path_of(&key)).await["last_used_at"], used_at);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_no_longer_let_in_is_not_let_in_by_a_key() {
    let mut api = TestApi::start().await;
    let key = api.key(&["jobs:read"]).await;
    api.restart_with(&[("AUTH_ALLOWED_EMAILS", "bob")]).await;
    problem_of(api.me_with(&key).await, StatusCode::FORBIDDEN, "forbidden").await;
    api.restart_with(&[("AUTH_ALLOWED_EMAILS", "alice")]).await;
    assert_eq!(api.me_with(&key).await.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_has_as_many_keys_that_work_as_it_may_and_no_more() {
    let api = TestApi::start().await;
    let first = api.key(&["jobs:read"]).await;
    api.database
        .execute(
            "INSERT INTO api_keys (id, tenant_id, created_by, name, public_id, secret_digest, scopes, expires_at)
             SELECT gen_random_uuid(), tenant_id, created_by, 'another', lpad(number::text, 16, '0'), secret_digest,
                scopes, expires_at
             FROM api_keys, generate_series(1, 199) AS number",
        )
        .await;
    let another = api.request(Method::POST, KEYS).json(&wish(&["jobs:read"]));
    let answer = another.send().await.unwrap();
    problem_of(
        answer,
        StatusCode::UNPROCESSABLE_ENTITY,
        "too_many_api_keys",
    )
    .await;
    api.request(Method::DELETE, &path_of(&first))
        .send()
        .await
        .unwrap();
    api.key(&["jobs:read"]).await;
}
