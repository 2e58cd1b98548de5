//! A job that is handed in is stored, queued and told to the workers.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{TestApi, id_of, json_of, kind};

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_job_is_in_postgres_and_its_location_shows_it() {
    let api = TestApi::start().await;
    let body = json!({"kind": "test.echo", "payload": {"text": "hello"}, "tags": ["night run"]});
    let answer = api.request(Method::POST, "/api/v1/jobs").json(&body).send().await.unwrap();
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let job = json_of(answer, StatusCode::ACCEPTED).await;

    assert_eq!(location, format!("/api/v1/jobs/{}", id_of(&job)));
    assert_eq!(api.get(&location).await, job);
    assert_eq!(job["state"], "queued");
    assert_eq!(job["queue"], "default");
    assert_eq!(job["priority"], "normal");
    assert_eq!(job["attempt"], 0);
    assert_eq!(job["max_attempts"], 4);
    assert_eq!(job["timeout_seconds"], 60);
    assert_eq!(job["payload"], json!({"text": "hello"}));
    assert_eq!(job["tags"], json!(["night run"]));
    assert_eq!(job["result"], json!(null));
}
