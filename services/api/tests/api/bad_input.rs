//! Bad input gets a clear problem, and nothing is stored.

use std::sync::LazyLock;

use proptest::prelude::*;
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
async fn a_payload_is_held_to_the_schema_of_its_kind() {
    let api = TestApi::start().await;
    for (payload, path) in [
        (json!({}), "payload.text"),
        (json!({"text": 7}), "payload.text"),
        (json!({"text": "x".repeat(21)}), "payload.text"),
        (json!({"text": "a", "bogus": 1}), "payload.bogus"),
        (
            json!({"text": "a", "steps": [{"count": 1}, {"count": 0}]}),
            "payload.steps[1].count",
        ),
        (json!([]), "payload"),
    ] {
        let problem = refused(&api, json!({"kind": "test.echo", "payload": payload})).await;
        assert_eq!(paths_of(&problem), [path], "{problem}");
    }
    assert_nothing_was_stored(&api).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_never_repeats_the_value_and_faults_have_a_limit() {
    let api = TestApi::start().await;
    let secret = "hunter2".repeat(10_000);
    let steps = vec![json!({"count": "no"}); 500];
    let payload = json!({"text": secret, "steps": steps, "extra": secret});
    let problem = refused(
        &api,
        json!({"kind": "test.echo", "payload": payload, "queue": secret, "priority": 1}),
    )
    .await;
    assert!(!problem.to_string().contains("hunter2"));

    let payload = json!({"text": secret, "steps": steps, "e".repeat(5_000): secret});
    let problem = refused(&api, json!({"kind": "test.echo", "payload": payload})).await;
    assert!(!problem.to_string().contains("hunter2"));
    assert_eq!(problem["errors"].as_array().unwrap().len(), 50);
    assert!(problem.to_string().len() < 50_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn nul_characters_are_refused_wherever_they_are() {
    let api = TestApi::start().await;
    for (payload, path) in [
        (json!("a\u{0}"), "payload"),
        (json!({"a": ["b", "\u{0}"]}), "payload.a[1]"),
        (json!({"a": {"b\u{0}": 1}}), "payload.a[\"b\\u0000\"]"),
    ] {
        let problem = refused(&api, json!({"kind": "test.anything", "payload": payload})).await;
        assert_eq!(paths_of(&problem), [path]);
    }
    assert_nothing_was_stored(&api).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_kind_is_told_apart_from_a_bad_payload() {
    let api = TestApi::start().await;
    let body = json!({"kind": "test.unknown", "payload": 1}).to_string();
    let answer = post_text(&api, "/api/v1/jobs", JSON, body).await;
    let problem = problem_of(answer, StatusCode::UNPROCESSABLE_ENTITY, "unknown_kind").await;
    assert_eq!(paths_of(&problem), ["kind"]);
    let answer = api
        .request(Method::GET, "/api/v1/kinds/test.unknown")
        .send()
        .await
        .unwrap();
    problem_of(answer, StatusCode::NOT_FOUND, "kind_not_found").await;

    let problem = refused(&api, json!({"kind": "test.broken", "payload": 1})).await;
    assert_eq!(paths_of(&problem), ["payload"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_quantum_espresso_input_is_refused_by_its_key() {
    let api = TestApi::start().await;
    let input = gantry_quantum_espresso::H2_RELAX_INPUT;
    let hostile = input.replacen("&CONTROL", "&CONTROL\n  wf_collect_dir = '/etc'\n", 1);
    assert_ne!(hostile, input);
    let problem = refused(
        &api,
        json!({"kind": "qe.relax.v1", "payload": {"input": hostile}}),
    )
    .await;
    assert_eq!(paths_of(&problem), ["payload.input"]);
    assert!(problem.to_string().contains("wf_collect_dir"), "{problem}");

    let body = json!({"input": hostile});
    let answer = post_text(&api, "/api/v1/qe/parse", JSON, body.to_string()).await;
    let problem = problem_of(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request").await;
    assert_eq!(paths_of(&problem), ["input"]);

    let body = json!({"kind": "qe.relax.v1", "payload": {"input": input}});
    api.post("/api/v1/jobs", &body, StatusCode::ACCEPTED).await;
    let parsed = api
        .post("/api/v1/qe/parse", &json!({"input": input}), StatusCode::OK)
        .await;
    assert_eq!(parsed["structure"]["atoms"].as_array().unwrap().len(), 2);
    assert_eq!(parsed["structure"]["species"][0]["symbol"], "H");
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

/// Any JSON of a moderate size.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..6)
                .prop_map(|fields| Value::from_iter(fields)),
        ]
    })
}

/// One runtime and one API for all cases.
static FUZZED: LazyLock<(tokio::runtime::Runtime, TestApi)> = LazyLock::new(|| {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let api = runtime.block_on(TestApi::start());
    (runtime, api)
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_payload_is_either_stored_as_it_is_or_refused(payload in any_json()) {
        let (runtime, api) = &*FUZZED;
        let body = json!({"kind": "test.anything", "payload": payload});
        let has_nul = body.to_string().contains("\\u0000");
        let answer = runtime
            .block_on(api.request(Method::POST, "/api/v1/jobs").json(&body).send())
            .unwrap();
        let status = answer.status();
        let job: Value = runtime.block_on(answer.json()).unwrap();
        if has_nul {
            prop_assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        } else {
            prop_assert_eq!(status, StatusCode::ACCEPTED);
            let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
            let stored = runtime.block_on(api.get(&path));
            prop_assert_eq!(&stored["payload"], &job["payload"]);
        }
    }

    #[test]
    fn no_submission_is_answered_with_a_server_error(body in any_json()) {
        let (runtime, api) = &*FUZZED;
        let answer = runtime
            .block_on(api.request(Method::POST, "/api/v1/jobs").json(&body).send())
            .unwrap();
        prop_assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
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
