//! What the API says of itself, whatever Postgres and Redis do.

use gantry_devkit::{Folder, PrivateRedis};
use gantry_testkit::{TestDatabase, eventually};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{SOON, TestApi, json_of, problem_of};

async fn get(api: &TestApi, path: &str) -> (StatusCode, Value) {
    let answer = api.anonymous(Method::GET, path).send().await.unwrap();
    let status = answer.status();
    (status, json_of(answer, status).await)
}

async fn until(api: &TestApi, path: &str, status: StatusCode) -> Value {
    eventually(SOON, || async {
        match get(api, path).await {
            (seen, body) if seen == status => Ok(body),
            other => Err(other),
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_api_is_healthy_ready_and_alive() {
    let api = TestApi::start().await;
    let (status, health) = get(&api, "/api/v1/health").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(health["status"], "healthy");
    assert_eq!(health["parts"]["postgres"], json!({"status": "up"}));
    assert_eq!(health["parts"]["redis"], json!({"status": "up"}));
    assert_eq!(get(&api, "/readyz").await.0, StatusCode::OK);
    assert_eq!(
        get(&api, "/livez").await,
        (StatusCode::OK, json!({"status": "alive"}))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_it_is_degraded_accepts_jobs_and_recovers() {
    let folder = Folder::temporary().unwrap();
    let mut redis = PrivateRedis::start(&folder).unwrap();
    let database = TestDatabase::create().await;
    let api = TestApi::start_with(database, redis.url(), "gantry".to_owned()).await;
    api.until_ready().await;
    let _worker = api.worker().await;

    redis.kill().unwrap();
    let health = until(&api, "/readyz", StatusCode::SERVICE_UNAVAILABLE).await;
    assert_eq!(health["status"], "degraded");
    assert_eq!(health["parts"]["redis"]["status"], "down");
    assert_eq!(health["parts"]["postgres"]["status"], "up");
    assert_eq!(get(&api, "/api/v1/health").await.0, StatusCode::OK);
    let job_id = api.submit().await;
    assert_eq!(api.state_of(job_id).await, "queued");

    redis.restart().unwrap();
    until(&api, "/readyz", StatusCode::OK).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_schema_it_says_so_and_answers_nothing_else() {
    let folder = Folder::temporary().unwrap();
    let redis = PrivateRedis::start(&folder).unwrap();
    let database = TestDatabase::empty().await;
    let api = TestApi::start_with(database, redis.url(), "gantry".to_owned()).await;
    let health = eventually(SOON, || async {
        let (status, health) = get(&api, "/readyz").await;
        let detail = health["parts"]["postgres"]["detail"]
            .as_str()
            .unwrap_or_default();
        if status == StatusCode::SERVICE_UNAVAILABLE && detail.contains("gantry-migrate up") {
            Ok(health)
        } else {
            Err(health)
        }
    })
    .await;
    assert_eq!(health["parts"]["redis"]["status"], "up");
    assert_eq!(get(&api, "/livez").await.0, StatusCode::OK);
    assert_eq!(get(&api, "/api/v1/health").await.0, StatusCode::OK);

    let answer = api
        .request(Method::GET, "/api/v1/jobs")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["retry-after"], "2");
    problem_of(answer, StatusCode::SERVICE_UNAVAILABLE, "starting").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_is_a_problem_with_retry_after() {
    let mut api = TestApi::start().await;
    let job_id = api.submit().await;
    // Dropping the database cuts every connection to it, and no new one can be made.
    drop(std::mem::replace(
        &mut api.database,
        TestDatabase::empty().await,
    ));
    let path = format!("/api/v1/jobs/{job_id}");
    let answer = api.request(Method::GET, &path).send().await.unwrap();
    assert_eq!(answer.headers()["retry-after"], "2");
    problem_of(
        answer,
        StatusCode::SERVICE_UNAVAILABLE,
        "database_unavailable",
    )
    .await;
    assert_eq!(get(&api, "/api/v1/health").await.0, StatusCode::OK);
}
