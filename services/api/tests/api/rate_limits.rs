//! How many requests of a person, a tenant and an address are answered.

use futures_util::future::join_all;
use gantry_devkit::{Folder, PrivateRedis};
use gantry_domain::TenantId;
use gantry_testkit::{DatabaseOwner, TestDatabase, eventually};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{SOON, TestApi, json_of, paths_of, problem_of};

const ME: &str = "/api/v1/users/me";
const WAITING_FOR_A_LOCK: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'";

/// An API that answers three requests an hour in the tier free, and two without valid credentials.
async fn limited() -> TestApi {
    TestApi::start_with_settings(&[
        ("GANTRY_RATE_LIMITS", "on"),
        ("GANTRY_RATE_LIMIT_FREE_PER_HOUR", "3"),
        ("GANTRY_RATE_LIMIT_PRO_PER_HOUR", "7"),
        ("GANTRY_RATE_LIMIT_ANONYMOUS_PER_HOUR", "2"),
    ])
    .await
}

async fn ask(api: &TestApi, user: &str, tenant: &str) -> Response {
    let request = api.request_as(user, tenant, Method::GET, ME);
    request.send().await.unwrap()
}

/// Asks without valid credentials, with what a proxy would say of where the request comes from.
async fn ask_in_vain(api: &TestApi, forwarded_for: &str) -> Response {
    let request = api
        .anonymous(Method::GET, ME)
        .header("X-Forwarded-For", forwarded_for);
    request.send().await.unwrap()
}

/// How many of ten requests are answered.
async fn answered(api: &TestApi, user: &str, tenant: &str) -> usize {
    let mut answered = 0;
    for _ in 0..10 {
        answered += usize::from(ask(api, user, tenant).await.status() == StatusCode::OK);
    }
    answered
}

fn number(answer: &Response, header: &str) -> u64 {
    answer.headers()[header].to_str().unwrap().parse().unwrap()
}

fn tier_path(tenant: &str) -> String {
    let tenant_id = TenantId::for_organization("dev", tenant);
    format!("/api/v1/tenants/{tenant_id}/tier")
}

async fn set_tier(api: &TestApi, tenant: &str, body: &Value) -> Response {
    let request = api.request_as("operator", "operators", Method::PUT, &tier_path(tenant));
    request.json(body).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_limited_in_tests_unless_it_is_asked_for() {
    let api = TestApi::start().await;
    let answer = ask(&api, "alice", "acme").await;
    assert_eq!(answer.headers().get("ratelimit-limit"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_answer_tells_what_is_left_and_one_too_many_when_to_come_again() {
    let api = limited().await;
    for remaining in [2, 1, 0] {
        let answer = ask(&api, "alice", "acme").await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(number(&answer, "ratelimit-limit"), 3);
        assert_eq!(number(&answer, "ratelimit-remaining"), remaining);
        assert!(number(&answer, "ratelimit-reset") <= 1_200 * (3 - remaining));
    }
    for _ in 0..3 {
        let answer = ask(&api, "alice", "acme").await;
        assert_eq!(number(&answer, "ratelimit-remaining"), 0);
        // Refused requests are not counted: the wait does not grow.
        assert!((1..=1_200).contains(&number(&answer, "retry-after")));
        assert!((2_400..=3_600).contains(&number(&answer, "ratelimit-reset")));
        let problem = problem_of(answer, StatusCode::TOO_MANY_REQUESTS, "rate_limited").await;
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("3 requests an hour"), "{detail}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_is_counted_as_a_whole_and_a_person_in_all_tenants() {
    let api = limited().await;
    assert_eq!(ask(&api, "alice", "acme").await.status(), StatusCode::OK);
    assert_eq!(answered(&api, "bob", "acme").await, 2);
    // Alice has two left, though none in that tenant; in her other one she may use them up.
    assert_eq!(answered(&api, "alice", "acme").await, 0);
    assert_eq!(answered(&api, "alice", "globex").await, 2);
    assert_eq!(answered(&api, "alice", "initech").await, 0);
    assert_eq!(answered(&api, "carol", "initech").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_cannot_use_up_a_tenants_rate() {
    let api = limited().await;
    let request = api.request_as("alice", "acme", Method::POST, "/api/v1/tenants");
    let body = json!({"name": "Ours"});
    let made = json_of(
        request.json(&body).send().await.unwrap(),
        StatusCode::CREATED,
    )
    .await;
    let tenant = made["id"].as_str().unwrap();
    for _ in 0..5 {
        let refused = ask(&api, "mallory", tenant).await;
        assert!(refused.status().is_client_error());
    }
    let answer = ask(&api, "alice", tenant).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(number(&answer, "ratelimit-remaining"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_on_asking_beyond_a_rate_costs_the_database_nothing() {
    let mut api = limited().await;
    let request = api.request_as("alice", "acme", Method::POST, "/api/v1/tenants");
    let made = request.json(&json!({"name": "Ours"})).send().await.unwrap();
    let made = json_of(made, StatusCode::CREATED).await;
    let tenant = made["id"].as_str().unwrap();
    assert_eq!(answered(&api, "alice", tenant).await, 2);
    // What Alice is in that tenant is for Postgres to say: she is refused without it.
    drop(std::mem::replace(
        &mut api.database,
        TestDatabase::empty().await,
    ));
    let refused = ask(&api, "alice", tenant).await;
    problem_of(refused, StatusCode::TOO_MANY_REQUESTS, "rate_limited").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_guesses_keeps_nobody_else_from_the_database() {
    let api = limited().await;
    let job_id = api.submit().await;
    let guess = || {
        let key = format!("gk_{}_{}", "a".repeat(16), "b".repeat(43));
        api.anonymous(Method::GET, ME).bearer_auth(key).send()
    };
    for _ in 0..3 {
        assert!(guess().await.unwrap().status().is_client_error());
    }
    // Each question about a key now waits, and holds a connection for as long.
    let owner = DatabaseOwner::new(api.database.url());
    let held = owner.hold("LOCK TABLE api_keys").await;
    let guesses = join_all((0..30).map(|_| guess()));
    let others = async {
        let asking = || api.database.number(WAITING_FOR_A_LOCK);
        eventually(SOON, || async {
            (asking().await > 0).then_some(()).ok_or("nobody asks")
        })
        .await;
        let path = format!("/api/v1/jobs/{job_id}");
        let read = api.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(read.status(), StatusCode::OK);
        assert_eq!(asking().await, 1);
        held.commit().await;
    };
    let (answers, ()) = tokio::join!(guesses, others);
    for answer in answers {
        let answer = answer.unwrap();
        problem_of(answer, StatusCode::TOO_MANY_REQUESTS, "rate_limited").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_of_many_jobs_is_one_request() {
    let api = limited().await;
    let jobs = vec![json!({"kind": "test.anything", "payload": 1}); 50];
    let request = api.request(Method::POST, "/api/v1/jobs/batch");
    let answer = request.json(&json!({"jobs": jobs})).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    assert_eq!(number(&answer, "ratelimit-remaining"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_give_a_tenant_another_tier_or_a_rate_of_its_own_at_once() {
    let api = limited().await;
    assert_eq!(answered(&api, "alice", "acme").await, 3);
    let pro = json!({"tier": "pro"});
    let set = json_of(set_tier(&api, "acme", &pro).await, StatusCode::OK).await;
    assert_eq!(set["tier"], "pro");
    assert_eq!(set["requests_per_hour"], Value::Null);
    assert_eq!(answered(&api, "alice", "acme").await, 7);

    let own = json!({"tier": "enterprise", "requests_per_hour": 5});
    let set = json_of(set_tier(&api, "acme", &own).await, StatusCode::OK).await;
    assert_eq!(set["requests_per_hour"], 5);
    assert_eq!(answered(&api, "alice", "acme").await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tier_is_read_strictly_and_audited() {
    let api = TestApi::start().await;
    let _job = api.submit().await;
    for (body, path) in [
        (json!({}), "tier"),
        (json!({"tier": "gold"}), "tier"),
        (
            json!({"tier": "pro", "requests_per_hour": 0}),
            "requests_per_hour",
        ),
        (
            json!({"tier": "pro", "requests_per_hour": 10_000_001}),
            "requests_per_hour",
        ),
        (json!({"tier": "pro", "per_day": 1}), "per_day"),
    ] {
        let answer = set_tier(&api, "acme", &body).await;
        let problem = problem_of(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request");
        assert_eq!(paths_of(&problem.await), [path], "{body}");
    }
    let pro = json!({"tier": "pro"});
    let unknown = set_tier(&api, "nobody", &pro).await;
    problem_of(unknown, StatusCode::NOT_FOUND, "tenant_not_found").await;
    assert_eq!(api.get(&tier_path("acme")).await["tier"], "free");
    json_of(set_tier(&api, "acme", &pro).await, StatusCode::OK).await;
    assert_eq!(api.get(&tier_path("acme")).await["tier"], "pro");
    let audited = api
        .database
        .text("SELECT detail ->> 'tier' FROM audit_events WHERE action = 'tenant.tier_changed'")
        .await;
    assert_eq!(audited.unwrap(), "pro");
}

#[tokio::test(flavor = "multi_thread")]
async fn tiers_are_for_operators() {
    let api = TestApi::start_with_operators("operator").await;
    for method in [Method::GET, Method::PUT] {
        let request = api.request(method, &tier_path("acme"));
        let answer = request.json(&json!({})).send().await.unwrap();
        problem_of(answer, StatusCode::FORBIDDEN, "not_an_operator").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_valid_credentials_is_counted_by_address_and_holds_up_nobody_else() {
    let api = limited().await;
    for _ in 0..2 {
        let answer = ask_in_vain(&api, "203.0.113.1").await;
        assert_eq!(number(&answer, "ratelimit-limit"), 2);
        problem_of(answer, StatusCode::UNAUTHORIZED, "unauthenticated").await;
    }
    // Nobody vouches for what the header says.
    let answer = ask_in_vain(&api, "203.0.113.2").await;
    problem_of(answer, StatusCode::TOO_MANY_REQUESTS, "rate_limited").await;
    assert_eq!(ask(&api, "alice", "acme").await.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_trusted_proxy_the_address_it_names_is_counted_and_ipv6_by_network() {
    let api = TestApi::start_with_settings(&[
        ("GANTRY_RATE_LIMITS", "on"),
        ("GANTRY_RATE_LIMIT_ANONYMOUS_PER_HOUR", "1"),
        ("GANTRY_HTTP_TRUSTED_PROXIES", "127.0.0.1"),
    ])
    .await;
    for (address, status) in [
        ("203.0.113.1", StatusCode::UNAUTHORIZED),
        ("203.0.113.1", StatusCode::TOO_MANY_REQUESTS),
        ("198.51.100.1, 203.0.113.1", StatusCode::TOO_MANY_REQUESTS),
        ("203.0.113.2", StatusCode::UNAUTHORIZED),
        ("2001:db8:0:1::1", StatusCode::UNAUTHORIZED),
        ("2001:db8:0:1:ffff::2", StatusCode::TOO_MANY_REQUESTS),
        ("2001:db8:0:2::1", StatusCode::UNAUTHORIZED),
    ] {
        let answer = ask_in_vain(&api, address).await;
        assert_eq!(answer.status(), status, "{address}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_health_and_documents_are_never_limited() {
    let api = limited().await;
    for path in [
        "/livez",
        "/readyz",
        "/api/v1/health",
        "/api/v1/openapi.json",
        "/docs/",
    ] {
        for _ in 0..5 {
            let answer = api.anonymous(Method::GET, path).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK, "{path}");
            assert_eq!(answer.headers().get("ratelimit-limit"), None, "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_limited_also_while_redis_is_away() {
    let folder = Folder::temporary().unwrap();
    let mut redis = PrivateRedis::start(&folder).unwrap();
    let database = TestDatabase::create().await;
    let mut api = TestApi::start_with(database, redis.url(), "gantry".to_owned()).await;
    api.restart_with(&[
        ("GANTRY_RATE_LIMITS", "on"),
        ("GANTRY_RATE_LIMIT_FREE_PER_HOUR", "3"),
    ])
    .await;
    redis.kill().unwrap();
    assert_eq!(answered(&api, "alice", "acme").await, 3);
}
