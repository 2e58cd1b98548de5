//! Machines of tenants' own: let in once by a token that an admin minted, renewed by themselves, put out at once.

mod redis_users;

use std::time::Duration;

use gantry_queue::{Queue, QueueOptions};
use gantry_store::{StoreOptions, WorkerStore};
use gantry_testkit::eventually;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{SOON, TestApi, json_of, paths_of, problem_of};

const ENROL_TOKENS: &str = "/api/v1/workers/enrol-tokens";
const WORKER_TOKENS: &str = "/api/v1/workers/tokens";

/// A request of someone who owns the tenant they act for: a space of their own.
fn as_owner(api: &TestApi, user: &str, method: Method, path: &str) -> RequestBuilder {
    api.anonymous(method, path).header("X-Dev-User-Id", user)
}

async fn get(api: &TestApi, path: &str) -> Value {
    let answer = as_owner(api, "alice", Method::GET, path).send().await;
    json_of(answer.unwrap(), StatusCode::OK).await
}

async fn post(api: &TestApi, path: &str, body: &Value, expected: StatusCode) -> Value {
    let request = as_owner(api, "alice", Method::POST, path).json(body);
    json_of(request.send().await.unwrap(), expected).await
}

async fn mint(api: &TestApi, queue: &str) -> Value {
    let body = json!({ "queues": [queue] });
    post(api, ENROL_TOKENS, &body, StatusCode::CREATED).await
}

async fn try_to_enroll(api: &TestApi, token: &Value) -> Response {
    let request = api.anonymous(Method::POST, "/api/v1/workers/enroll");
    let body = json!({ "token": token, "name": "bench-7" });
    request.json(&body).send().await.unwrap()
}

/// A machine of the usual caller's tenant, for one queue.
async fn enrolled(api: &TestApi, queue: &str) -> Value {
    let minted = mint(api, queue).await;
    let answer = try_to_enroll(api, &minted["token"]).await;
    json_of(answer, StatusCode::CREATED).await
}

async fn renew(api: &TestApi, token: &Value) -> Response {
    let request = api.anonymous(Method::POST, "/api/v1/workers/tokens/renew");
    request
        .json(&json!({ "token": token }))
        .send()
        .await
        .unwrap()
}

async fn revoke(api: &TestApi, id: &Value) -> Response {
    let path = format!("{WORKER_TOKENS}/{}", id.as_str().unwrap());
    as_owner(api, "alice", Method::DELETE, &path)
        .send()
        .await
        .unwrap()
}

/// What the machine reaches Redis with.
fn redis_of(machine: &Value) -> Queue {
    Queue::open(&QueueOptions {
        redis_url: machine["redis_url"].as_str().unwrap().to_owned(),
        key_prefix: machine["redis_prefix"].as_str().unwrap().to_owned(),
        machine_of: Some(machine["tenant_id"].as_str().unwrap().parse().unwrap()),
    })
    .unwrap()
}

/// What the machine reaches Postgres with.
async fn postgres_of(machine: &Value) -> WorkerStore {
    let options = StoreOptions {
        database_url: machine["database_url"].as_str().unwrap().to_owned(),
        max_connections: 2,
        statement_timeout: Duration::from_secs(20),
        behind_transaction_pooler: false,
    };
    WorkerStore::open_enrolled(&options).await.unwrap()
}

#[tokio::test]
async fn a_machine_is_let_in_with_logins_of_its_own_that_work() {
    let api = TestApi::start().await;
    let minted = mint(&api, "own-gpu").await;
    assert!(minted["token"].as_str().unwrap().starts_with("ge_"));
    let waiting = get(&api, ENROL_TOKENS).await;
    assert_eq!(waiting["items"][0]["id"], minted["id"]);
    assert_eq!(waiting["items"][0].get("token"), None);
    let answer = try_to_enroll(&api, &minted["token"]).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let machine = json_of(answer, StatusCode::CREATED).await;
    assert!(machine["token"].as_str().unwrap().starts_with("gw_"));
    assert_eq!(machine["queues"], json!(["own-gpu"]));
    postgres_of(&machine).await.check().await.unwrap();
    redis_of(&machine).ping().await.unwrap();
    assert_eq!(get(&api, ENROL_TOKENS).await["items"], json!([]));
    let tokens = get(&api, WORKER_TOKENS).await;
    assert_eq!(tokens["items"][0]["id"], machine["id"]);
    assert_eq!(tokens["items"][0]["state"], "valid");
    assert_eq!(tokens["items"][0]["name"], "bench-7");
    let audit = get(&api, "/api/v1/audit?action=worker_token.issued").await;
    assert_eq!(audit["items"][0]["resource_id"], machine["id"]);
    let shown = format!("{tokens}{waiting}{audit}");
    for secret in [&minted["token"], &machine["token"]] {
        assert!(!shown.contains(secret.as_str().unwrap()));
    }
}

#[tokio::test]
async fn an_enrol_token_lets_nobody_in_that_was_used_withdrawn_or_made_up() {
    let api = TestApi::start().await;
    let used = mint(&api, "own-gpu").await;
    json_of(
        try_to_enroll(&api, &used["token"]).await,
        StatusCode::CREATED,
    )
    .await;
    let withdrawn = mint(&api, "own-gpu").await;
    let path = format!("{ENROL_TOKENS}/{}", withdrawn["id"].as_str().unwrap());
    let strangers = as_owner(&api, "bob", Method::DELETE, &path)
        .send()
        .await
        .unwrap();
    problem_of(strangers, StatusCode::NOT_FOUND, "enrol_token_not_found").await;
    let gone = as_owner(&api, "alice", Method::DELETE, &path)
        .send()
        .await
        .unwrap();
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    for token in [&used["token"], &withdrawn["token"], &json!("ge_made-up")] {
        let refused = try_to_enroll(&api, token).await;
        problem_of(refused, StatusCode::UNAUTHORIZED, "enrol_token_refused").await;
    }
}

/// A token of one sort is of no use as another.
#[tokio::test]
async fn neither_token_is_a_credential_for_anything_else() {
    let api = TestApi::start().await;
    let minted = mint(&api, "own-gpu").await;
    let machine = enrolled(&api, "own-gpu").await;
    let refused = renew(&api, &minted["token"]).await;
    problem_of(refused, StatusCode::UNAUTHORIZED, "worker_token_unknown").await;
    let refused = try_to_enroll(&api, &machine["token"]).await;
    problem_of(refused, StatusCode::UNAUTHORIZED, "enrol_token_refused").await;
    let bearer = api
        .anonymous(Method::GET, "/api/v1/jobs")
        .bearer_auth(machine["token"].as_str().unwrap());
    assert_eq!(
        bearer.send().await.unwrap().status(),
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_queue_that_others_use_cannot_be_named_and_others_cannot_use_one_that_is_owned() {
    let api = TestApi::start().await;
    let body = json!({ "queues": ["own-gpu", "default"] });
    let refused = as_owner(&api, "alice", Method::POST, ENROL_TOKENS)
        .json(&body)
        .send()
        .await
        .unwrap();
    let problem = problem_of(refused, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request").await;
    assert_eq!(paths_of(&problem), ["queues[1]"]);
    mint(&api, "own-gpu").await;
    let job = json!({"kind": "test.echo", "payload": {"text": "hello"}, "queue": "own-gpu"});
    post(&api, "/api/v1/jobs", &job, StatusCode::ACCEPTED).await;
    let others = as_owner(&api, "bob", Method::POST, "/api/v1/jobs");
    let refused = others.json(&job).send().await.unwrap();
    let problem = problem_of(refused, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request").await;
    assert_eq!(paths_of(&problem), ["queue"]);
    let schedule = json!({"name": "nightly", "cron": "0 0 1 1 *", "kind": "test.echo",
        "payload": {"text": "hello"}, "queue": "own-gpu"});
    let others = as_owner(&api, "bob", Method::POST, "/api/v1/schedules");
    let refused = others.json(&schedule).send().await.unwrap();
    problem_of(refused, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request").await;
    let others = as_owner(&api, "bob", Method::POST, ENROL_TOKENS);
    let refused = others
        .json(&json!({ "queues": ["own-gpu"] }))
        .send()
        .await
        .unwrap();
    problem_of(refused, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request").await;
}

#[tokio::test]
async fn bodies_are_read_strictly() {
    let api = TestApi::start().await;
    for (path, body, faults) in [
        (ENROL_TOKENS, json!({}), vec!["queues"]),
        (ENROL_TOKENS, json!({"queues": []}), vec!["queues"]),
        (ENROL_TOKENS, json!({"queues": ["a", "a"]}), vec!["queues"]),
        (
            ENROL_TOKENS,
            json!({"queues": ["No Queue"]}),
            vec!["queues"],
        ),
        (
            ENROL_TOKENS,
            json!({"queues": ["a"], "lifetime_seconds": 90_000}),
            vec!["lifetime_seconds"],
        ),
        (
            ENROL_TOKENS,
            json!({"queues": ["a"], "tenant": "b"}),
            vec!["tenant"],
        ),
        ("/api/v1/workers/enroll", json!({}), vec!["token", "name"]),
        (
            "/api/v1/workers/enroll",
            json!({"token": "x", "name": "\n"}),
            vec!["name"],
        ),
        (
            "/api/v1/workers/tokens/renew",
            json!({"token": 1}),
            vec!["token"],
        ),
    ] {
        let answer = as_owner(&api, "alice", Method::POST, path)
            .json(&body)
            .send()
            .await
            .unwrap();
        let problem = problem_of(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request").await;
        assert_eq!(paths_of(&problem), faults, "{path} {body}");
    }
}

#[tokio::test]
async fn a_revoked_machine_is_cut_off_and_told_so() {
    let api = TestApi::start().await;
    let machine = enrolled(&api, "own-gpu").await;
    let neighbour = enrolled(&api, "own-gpu").await;
    let redis = redis_of(&machine);
    redis.ping().await.unwrap();
    let path = format!("{WORKER_TOKENS}/{}", machine["id"].as_str().unwrap());
    let strangers = as_owner(&api, "bob", Method::DELETE, &path)
        .send()
        .await
        .unwrap();
    problem_of(strangers, StatusCode::NOT_FOUND, "worker_token_not_found").await;
    for _ in 0..2 {
        let revoked = json_of(revoke(&api, &machine["id"]).await, StatusCode::OK).await;
        assert_eq!(revoked["state"], "revoked");
    }
    let refused = renew(&api, &machine["token"]).await;
    problem_of(refused, StatusCode::UNAUTHORIZED, "worker_token_revoked").await;
    eventually(SOON, async || match redis.ping().await {
        Err(error) if error.is_refused_access() => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
    // Its login goes soon after; that of the other machine stays.
    let logins = "SELECT count(*) FROM pg_roles JOIN worker_tokens ON login = rolname";
    eventually(SOON, async || match api.database.number(logins).await {
        1 => Ok(()),
        count => Err(count),
    })
    .await;
    postgres_of(&neighbour).await.check().await.unwrap();
    redis_of(&neighbour).ping().await.unwrap();
}

#[tokio::test]
async fn a_token_that_has_expired_is_told_from_one_that_was_revoked() {
    let api = TestApi::start().await;
    let machine = enrolled(&api, "own-gpu").await;
    let renewed = json_of(renew(&api, &machine["token"]).await, StatusCode::OK).await;
    assert_eq!(renewed["expires_at"], machine["expires_at"], "it is new");
    let age = "UPDATE worker_tokens SET renewed_at = now() - interval '1 day', expires_at = now() + interval '1 hour'";
    api.database.execute(age).await;
    let renewed = json_of(renew(&api, &machine["token"]).await, StatusCode::OK).await;
    assert!(renewed["expires_at"].as_str() > machine["expires_at"].as_str());
    let expire = "UPDATE worker_tokens SET expires_at = now() - interval '1 s'";
    api.database.execute(expire).await;
    let refused = renew(&api, &machine["token"]).await;
    problem_of(refused, StatusCode::UNAUTHORIZED, "worker_token_expired").await;
}

#[tokio::test]
async fn an_installation_that_does_not_say_where_its_servers_are_enrols_nobody() {
    let unset = [
        ("GANTRY_ENROLLED_DATABASE_URL", ""),
        ("GANTRY_ENROLLED_REDIS_URL", ""),
    ];
    let api = TestApi::start_with_settings(&unset).await;
    let body = json!({ "queues": ["own-gpu"] });
    let refused = as_owner(&api, "alice", Method::POST, ENROL_TOKENS)
        .json(&body)
        .send()
        .await
        .unwrap();
    problem_of(
        refused,
        StatusCode::SERVICE_UNAVAILABLE,
        "enrolment_not_offered",
    )
    .await;
    let refused = try_to_enroll(&api, &json!("ge_any")).await;
    problem_of(
        refused,
        StatusCode::SERVICE_UNAVAILABLE,
        "enrolment_not_offered",
    )
    .await;
}

/// Whoever tries tokens is counted by their address, and cannot go on for long.
#[tokio::test]
async fn refused_tokens_are_counted() {
    let limited = [
        ("GANTRY_RATE_LIMITS", "on"),
        ("GANTRY_RATE_LIMIT_ANONYMOUS_PER_HOUR", "2"),
    ];
    let api = TestApi::start_with_settings(&limited).await;
    let mut codes = Vec::new();
    for _ in 0..4 {
        codes.push(
            try_to_enroll(&api, &json!("ge_guess"))
                .await
                .status()
                .as_u16(),
        );
    }
    assert!(codes.ends_with(&[429]), "{codes:?}");
    assert_eq!(codes[0], 401);
}
