//! Queues show what waits and runs in them: to operators in all tenants, to others in their own.

use gantry_queue::{Queue, QueueOptions, RunCounts};
use gantry_testkit::TestDatabase;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApi, json_of, problem_of};

async fn queue_as(api: &TestApi, user: &str, tenant: &str, name: &str) -> Value {
    let path = format!("/api/v1/queues/{name}");
    let answer = api
        .request_as(user, tenant, Method::GET, &path)
        .send()
        .await;
    json_of(answer.unwrap(), StatusCode::OK).await
}

async fn submit_as(api: &TestApi, user: &str, tenant: &str, priority: &str) {
    let job = json!({"kind": "test.echo", "payload": {"text": "hello"}, "priority": priority});
    let request = api.request_as(user, tenant, Method::POST, "/api/v1/jobs");
    let answer = request.json(&job).send().await.unwrap();
    json_of(answer, StatusCode::ACCEPTED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_see_the_jobs_of_all_tenants_and_others_their_own() {
    let api = TestApi::start_with_operators("carol").await;
    // The usual caller's job of the start runs.
    let jobs = api.get("/api/v1/jobs").await;
    let running = jobs["items"][0]["id"].as_str().unwrap().parse().unwrap();
    let worker = api.worker().await;
    worker.claim(running, 1).await;
    for (tenant, priority) in [("acme", "high"), ("globex", "low"), ("globex", "normal")] {
        submit_as(&api, "alice", tenant, priority).await;
    }
    let pause = api.request_as(
        "carol",
        "operations",
        Method::POST,
        "/api/v1/queues/default/pause",
    );
    let answer = pause.json(&json!({"reason": "upgrade"})).send().await;
    json_of(answer.unwrap(), StatusCode::OK).await;

    let all = queue_as(&api, "carol", "operations", "default").await;
    assert_eq!(
        all["depth"],
        json!({"high": 1, "normal": 1, "low": 1, "total": 3})
    );
    assert_eq!(all["running"], 1);
    assert_eq!(all["workers"], 2);
    assert!(all["oldest_waiting_at"].is_string());
    assert_eq!(all["paused"]["reason"], "upgrade");
    assert_eq!(all["paused"]["paused_by_name"], "carol");
    assert!(all["rates"]["started_per_minute"].is_number());

    let own = queue_as(&api, "alice", "acme", "default").await;
    assert_eq!(
        own["depth"],
        json!({"high": 1, "normal": 0, "low": 0, "total": 1})
    );
    assert_eq!(own["running"], 1);
    assert_eq!(own["paused"]["reason"], "upgrade");
    assert_eq!(own["paused"]["paused_by"], json!(null));
    assert_eq!(own["paused"]["paused_by_name"], json!(null));
    assert_eq!(own["rates"], json!(null));
    let list = api.get("/api/v1/queues").await;
    assert_eq!(list["items"], json!([own]));
    let none = queue_as(&api, "dave", "initech", "default").await;
    assert_eq!(
        (&none["depth"]["total"], &none["running"]),
        (&json!(0), &json!(0))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_only_holds_jobs_is_listed_and_an_unknown_one_is_not_found() {
    let api = TestApi::start().await;
    let path = "/api/v1/queues/nightly";
    let answer = api.request(Method::GET, path).send().await.unwrap();
    problem_of(answer, StatusCode::NOT_FOUND, "queue_not_found").await;
    let job = json!({"kind": "test.echo", "payload": {"text": "hello"}, "queue": "nightly"});
    api.post("/api/v1/jobs", &job, StatusCode::ACCEPTED).await;
    let queue = api.get(path).await;
    assert_eq!(
        (&queue["depth"]["total"], &queue["workers"]),
        (&json!(1), &json!(0))
    );
    let list = api.get("/api/v1/queues").await;
    let names: Vec<_> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|queue| queue["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["default", "nightly"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rates_are_what_workers_counted_in_the_last_minutes() {
    let api = TestApi::start().await;
    let queue = Queue::open(&QueueOptions {
        redis_url: api.redis_url.clone(),
        key_prefix: api.prefix.clone(),
        machine_of: None,
    })
    .unwrap();
    let counts = RunCounts {
        started: 600,
        finished: 400,
        failed: 100,
    };
    let name: gantry_domain::QueueName = "default".parse().unwrap();
    queue.count_runs(&[(name.clone(), counts)]).await.unwrap();
    queue.count_runs(&[(name, counts)]).await.unwrap();
    let rates = &api.get("/api/v1/queues/default").await["rates"];
    let rate = |field: &str| rates[field].as_f64().unwrap();
    // 1,200 in five minutes and the part of one that has begun.
    assert!(
        (200.0..=240.0).contains(&rate("started_per_minute")),
        "{rates}"
    );
    assert!((rate("finished_per_minute") * 1.5 - rate("started_per_minute")).abs() < 1.0);
    assert!((rate("failed_per_minute") * 6.0 - rate("started_per_minute")).abs() < 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_redis_away_everything_but_the_rates_is_told() {
    let nowhere = "redis://127.0.0.1:1".to_owned();
    let database = TestDatabase::create().await;
    let api = TestApi::start_with(database, nowhere, "gantry".to_owned()).await;
    api.until_answering().await;
    let _worker = api.worker().await;
    api.submit().await;
    let queue = api.get("/api/v1/queues/default").await;
    assert_eq!(queue["depth"]["total"], 1);
    assert_eq!(queue["rates"], json!(null));
}
