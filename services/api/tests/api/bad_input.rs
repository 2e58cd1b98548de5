//! Bad input gets a clear problem, and nothing is stored.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{TestApi, paths_of, problem_of};

const JSON: &str = "application/json";

async fn post_text(
    api: &TestApi,
    path: &str,
    content_type: &str,
    body: impl Into<String>,
) -> reqwest::Response {
    let request = api
        .request(Method::POST, path)
        .header("content-type", content_type)
        .body(body.into());
    request.send().await.unwrap()
}

async fn refused(api: &TestApi, body: Value) -> Value {
    let answer = post_text(api, "/api/v1/jobs", JSON, body.to_string()).await;
    problem_of(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request").await
}

async fn assert_nothing_was_stored(api: &TestApi) {
    assert_eq!(api.database.number("SELECT count(*) FROM jobs").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_json_is_told_with_its_place() {
    let api = TestApi::start().await;
    for (body, line, column) in [
        ("", 1, 0),
        ("{\n  \"kind\": oops}", 2, 11),
        ("{\"kind\": \"test.echo\"", 1, 20),
        ("\"\\ud800\"", 1, 8),
        ("1e999", 1, 5),
    ] {
        let answer = post_text(&api, "/api/v1/jobs", JSON, body).await;
        let problem = problem_of(answer, StatusCode::BAD_REQUEST, "malformed_json").await;
        let place = format!("line {line}, column {column}");
        assert!(
            problem["detail"].as_str().unwrap().contains(&place),
            "{body}: {problem}"
        );
    }
    let deep = "[".repeat(100_000);
    let answer = post_text(&api, "/api/v1/jobs", JSON, deep).await;
    problem_of(answer, StatusCode::BAD_REQUEST, "malformed_json").await;
    let answer = api
        .request(Method::POST, "/api/v1/jobs")
        .header("content-type", JSON);
    let answer = answer.body(vec![b'"', 0xff, b'"']).send().await.unwrap();
    problem_of(answer, StatusCode::BAD_REQUEST, "malformed_json").await;
    assert_nothing_was_stored(&api).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_announced_as_json_is_refused() {
    let api = TestApi::start().await;
    let body = json!({"kind": "test.anything", "payload": 1}).to_string();
    for content_type in [
        "text/plain",
        "application/xml",
        "nonsense",
        "multipart/form-data",
    ] {
        let answer = post_text(&api, "/api/v1/jobs", content_type, body.clone()).await;
        problem_of(
            answer,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
        )
        .await;
    }
    let packed = api
        .request(Method::POST, "/api/v1/jobs")
        .header("content-type", JSON)
        .header("content-encoding", "gzip")
        .body(body.clone());
    let answer = packed.send().await.unwrap();
    problem_of(
        answer,
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
    )
    .await;
    let answer = api
        .request(Method::POST, "/api/v1/jobs")
        .body(body.clone())
        .send()
        .await
        .unwrap();
    problem_of(
        answer,
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
    )
    .await;
    assert_nothing_was_stored(&api).await;

    let answer = post_text(
        &api,
        "/api/v1/jobs",
        "application/json; charset=utf-8",
        body,
    )
    .await;
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_the_limit_is_answered_even_while_it_is_sent() {
    let api = TestApi::start().await;
    for length in [1024 * 1024 + 1, 8 * 1024 * 1024] {
        let answer = post_text(&api, "/api/v1/jobs", JSON, "x".repeat(length)).await;
        problem_of(answer, StatusCode::PAYLOAD_TOO_LARGE, "body_too_large").await;
    }
    let parts = (0..2_000).map(|_| Ok::<_, std::io::Error>("x".repeat(1_024)));
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(parts));
    let request = api
        .request(Method::POST, "/api/v1/jobs")
        .header("content-type", JSON);
    let answer = request.body(body).send().await.unwrap();
    problem_of(answer, StatusCode::PAYLOAD_TOO_LARGE, "body_too_large").await;
    assert_nothing_was_stored(&api).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_submission_is_told_with_its_path() {
    let api = TestApi::start().await;
    let problem = refused(&api, json!({
        "kind": "NoKind", "queue": "Not A Queue", "priority": "urgent", "run_at": "tomorrow", "max_attempts": 0,
        "timeout_seconds": 604_801, "tags": ["", "fine"], "unique": true,
    }))
    .await;
    let mut paths = paths_of(&problem);
    paths.sort_unstable();
    assert_eq!(
        paths,
        [
            "kind",
            "max_attempts",
            "payload",
            "priority",
            "queue",
            "run_at",
            "tags",
            "timeout_seconds",
            "unique"
        ]
    );
    for body in [json!([]), json!("job"), json!(null), json!(7)] {
        assert_eq!(paths_of(&refused(&api, body).await), ["body"]);
    }
    assert_nothing_was_stored(&api).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn single_fields_are_checked_strictly() {
    let api = TestApi::start().await;
    for (field, value) in [
        ("kind", json!(7)),
        ("kind", json!("test.echo\u{0}")),
        ("max_attempts", json!(101)),
        ("max_attempts", json!(1.5)),
        ("max_attempts", json!(-1)),
        ("max_attempts", json!("3")),
        ("timeout_seconds", json!(0)),
        ("timeout_seconds", json!(1e20)),
        ("run_at", json!(1_700_000_000)),
        ("run_at", json!("0000-01-01T00:00:00Z")),
        ("run_at", json!("9999-12-31T23:59:59-23:00")),
        ("run_at", json!("2030-02-30T00:00:00Z")),
        ("tags", json!("tag")),
        ("tags", json!([7])),
        ("tags", json!(["a\u{0}b"])),
        ("tags", json!(["x".repeat(65)])),
        ("tags", json!(vec!["x"; 21])),
        ("priority", json!("High")),
        ("queue", json!("q".repeat(64))),
    ] {
        let mut body = json!({"kind": "test.anything", "payload": 1});
        body[field] = value.clone();
        let problem = refused(&api, body).await;
        assert_eq!(paths_of(&problem), [field], "{value}");
    }
    assert_nothing_was_stored(&api).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_ids_cursors_and_parameters_are_refused() {
    let api = TestApi::start().await;
    let job_id = api.submit().await;
    let bad = StatusCode::BAD_REQUEST;
    let unfit = StatusCode::UNPROCESSABLE_ENTITY;
    for (path, status, code) in [
        ("/api/v1/jobs/7".to_owned(), bad, "bad_id"),
        ("/api/v1/jobs/%00".to_owned(), bad, "bad_id"),
        ("/api/v1/jobs/not-an-id/logs".to_owned(), bad, "bad_id"),
        ("/api/v1/jobs?cursor=oops".to_owned(), bad, "bad_cursor"),
        ("/api/v1/jobs?cursor=AQ".to_owned(), bad, "bad_cursor"),
        ("/api/v1/jobs?cursor=".to_owned(), bad, "bad_cursor"),
        ("/api/v1/jobs?limit=0".to_owned(), unfit, "invalid_request"),
        (
            "/api/v1/jobs?limit=201".to_owned(),
            unfit,
            "invalid_request",
        ),
        (
            "/api/v1/jobs?limit=5&limit=6".to_owned(),
            unfit,
            "invalid_request",
        ),
        (
            "/api/v1/jobs?state=waiting".to_owned(),
            unfit,
            "invalid_request",
        ),
        ("/api/v1/jobs?kind=x".to_owned(), unfit, "invalid_request"),
        ("/api/v1/jobs?tag=%00".to_owned(), unfit, "invalid_request"),
        (
            "/api/v1/jobs?created_by=you".to_owned(),
            unfit,
            "invalid_request",
        ),
        ("/api/v1/jobs?sort=up".to_owned(), unfit, "invalid_request"),
        (
            format!("/api/v1/jobs/{job_id}/logs?cursor=1"),
            bad,
            "bad_cursor",
        ),
        (
            format!("/api/v1/jobs/{job_id}/logs?follow=true&cursor=1.x"),
            bad,
            "bad_cursor",
        ),
        (
            format!("/api/v1/jobs/{job_id}/logs?tail=1001"),
            unfit,
            "invalid_request",
        ),
        (
            format!("/api/v1/jobs/{job_id}/logs?tail=1&cursor=1.1"),
            unfit,
            "invalid_request",
        ),
        (
            format!("/api/v1/jobs/{job_id}/logs?follow=perhaps"),
            unfit,
            "invalid_request",
        ),
    ] {
        let answer = api.request(Method::GET, &path).send().await.unwrap();
        problem_of(answer, status, code).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_off_stores_nothing() {
    let api = TestApi::start().await;
    let mut connection = TcpStream::connect(api.address).await.unwrap();
    let head = "POST /api/v1/jobs HTTP/1.1\r\nhost: x\r\nx-dev-user-id: alice\r\ncontent-type: application/json\r\n\
         content-length: 1000\r\n\r\n{\"kind\": \"test.anything\", \"payload\": 1}";
    connection.write_all(head.as_bytes()).await.unwrap();
    connection.shutdown().await.unwrap();
    let mut answer = Vec::new();
    // Whatever it says, or nothing, it ends.
    let _ = connection.read_to_end(&mut answer).await;
    assert_nothing_was_stored(&api).await;
}
