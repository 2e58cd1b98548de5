//! A job that is handed in is stored, queued and told to the workers.

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApi, id_of, json_of, kind, paths_of, problem_of};

#[tokio::test(flavor = "multi_thread")]
async fn a_job_has_delays_of_its_own_before_its_retries() {
    let api = TestApi::start().await;
    let mut body = json!({"kind": "test.anything", "payload": 1});
    body["retry"] = json!({"base_seconds": 0, "max_seconds": 604_800});
    let job = api.post("/api/v1/jobs", &body, StatusCode::ACCEPTED).await;
    assert_eq!(job["retry"], body["retry"]);
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
    assert_eq!(api.get(&path).await, job);
    for retry in [
        json!(5),
        json!({"base_seconds": 5}),
        json!({"base_seconds": 5, "max_seconds": 4}),
        json!({"base_seconds": 86_401, "max_seconds": 90_000}),
        json!({"base_seconds": 1, "max_seconds": 604_801}),
        json!({"base_seconds": -1, "max_seconds": 1}),
        json!({"base_seconds": 1, "max_seconds": 1, "jitter": 1}),
    ] {
        body["retry"] = retry;
        let answer = api.request(Method::POST, "/api/v1/jobs").json(&body).send();
        let answer = answer.await.unwrap();
        let problem = problem_of(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request").await;
        assert_eq!(paths_of(&problem), ["retry"], "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_job_is_in_postgres_and_its_location_shows_it() {
    let api = TestApi::start().await;
    let body = json!({"kind": "test.echo", "payload": {"text": "hello"}, "tags": ["night run"]});
    let request = api.request(Method::POST, "/api/v1/jobs").json(&body);
    let answer = request.send().await.unwrap();
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

#[tokio::test(flavor = "multi_thread")]
async fn what_the_submission_says_counts_more_than_what_the_kind_says() {
    let api = TestApi::start().await;
    let run_at: DateTime<Utc> = "2090-01-31T08:00:00Z".parse().unwrap();
    let body = json!({
        "kind": "test.anything", "payload": [1, null, 2.5], "queue": "other", "priority": "high",
        "run_at": "2090-01-31T09:00:00+01:00", "max_attempts": 1, "timeout_seconds": 5,
    });
    let job = api.post("/api/v1/jobs", &body, StatusCode::ACCEPTED).await;

    assert_eq!(job["state"], "scheduled");
    assert_eq!(job["queue"], "other");
    assert_eq!(job["priority"], "high");
    assert_eq!(job["run_at"].as_str().unwrap().parse(), Ok(run_at));
    assert_eq!(job["max_attempts"], 1);
    assert_eq!(job["timeout_seconds"], 5);
    assert_eq!(job["payload"], json!([1, null, 2.5]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_that_has_passed_means_now_and_null_means_not_given() {
    let api = TestApi::start().await;
    let body = json!({
        "kind": "test.anything", "payload": null, "run_at": "1970-01-01T00:00:00Z", "queue": null, "priority": null,
        "max_attempts": null, "timeout_seconds": null, "tags": null,
    });
    let job = api.post("/api/v1/jobs", &body, StatusCode::ACCEPTED).await;

    assert_eq!(job["state"], "queued");
    assert_eq!(job["payload"], json!(null));
    assert_eq!(job["tags"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_submissions_at_once_are_all_accepted_and_each_gets_its_own_job() {
    let api = TestApi::start().await;
    let submissions = (0..200).map(|number| {
        let body = json!({"kind": "test.anything", "payload": number});
        let request = api.request(Method::POST, "/api/v1/jobs").json(&body);
        async move {
            (
                number,
                json_of(request.send().await.unwrap(), StatusCode::ACCEPTED).await,
            )
        }
    });
    for (number, job) in join_all(submissions).await {
        assert_eq!(job["payload"], number);
    }
    assert_eq!(api.database.number("SELECT count(*) FROM jobs").await, 200);
    assert_eq!(
        api.database
            .number("SELECT count(DISTINCT payload) FROM jobs")
            .await,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_postgres_refuses_fails_its_own_request_only() {
    let api = TestApi::start().await;
    api.database
        .execute("ALTER TABLE jobs ADD CONSTRAINT refused CHECK (payload <> '\"refused\"')")
        .await;
    let submissions = (0..50).map(|number| {
        let is_refused = number % 10 == 0;
        let payload = if is_refused {
            json!("refused")
        } else {
            json!(number)
        };
        let body = json!({"kind": "test.anything", "payload": payload});
        let request = api.request(Method::POST, "/api/v1/jobs").json(&body);
        async move { (is_refused, request.send().await.unwrap().status()) }
    });
    for (is_refused, status) in join_all(submissions).await {
        let expected = if is_refused {
            StatusCode::INTERNAL_SERVER_ERROR
        } else {
            StatusCode::ACCEPTED
        };
        assert_eq!(status, expected);
    }
    assert_eq!(api.database.number("SELECT count(*) FROM jobs").await, 45);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_announced_a_moment_ago_can_be_submitted() {
    let api = TestApi::start().await;
    api.submit().await;
    let worker = api
        .worker_with(vec![kind("test.new", json!({"type": "integer"}))])
        .await;
    let body = json!({"kind": "test.new", "payload": 1});
    api.post("/api/v1/jobs", &body, StatusCode::ACCEPTED).await;
    drop(worker);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kinds_and_workers_can_be_seen() {
    let api = TestApi::start().await;
    let kinds = api.get("/api/v1/kinds").await;
    let names = |list: &Value| -> Vec<String> {
        let items = list["items"].as_array().unwrap().iter();
        items
            .map(|item| item["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        names(&kinds),
        [
            "qe.relax.v1",
            "test.anything",
            "test.broken",
            "test.closed",
            "test.echo"
        ]
    );
    let kind = api.get("/api/v1/kinds/test.echo").await;
    assert_eq!(kind["workers"], 1);
    assert_eq!(kind["payload_schema"]["required"], json!(["text"]));
    assert_eq!(kind["retry"]["max_attempts"], 4);

    let workers = api.get("/api/v1/workers").await;
    assert_eq!(names(&workers), ["test-worker"]);
    assert_eq!(workers["items"][0]["state"], "active");
}
