//! What every answer has in common: ids, headers, problems for wrong paths and methods, other origins.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{TestApi, json_of, problem_of};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_is_echoed_when_it_is_fit_for_a_log_line_and_made_otherwise() {
    let api = TestApi::start().await;
    let send = |id: &'static [u8]| {
        let request = api.anonymous(Method::GET, "/livez");
        let request = if id.is_empty() {
            request
        } else {
            request.header("X-Request-Id", id)
        };
        async {
            request.send().await.unwrap().headers()["x-request-id"]
                .to_str()
                .unwrap()
                .to_owned()
        }
    };
    assert_eq!(send(b"run-42/a").await, "run-42/a");
    for unfit in [&b""[..], b"two words", b"caf\xc3\xa9", &[b'x'; 129]] {
        let made = send(unfit).await;
        assert_eq!(made.len(), 36, "{made}");
    }
    let unfit = api
        .request(Method::GET, "/api/v1/jobs/7")
        .header("X-Request-Id", "mine");
    let problem = problem_of(
        unfit.send().await.unwrap(),
        StatusCode::BAD_REQUEST,
        "bad_id",
    )
    .await;
    assert_eq!(problem["request_id"], "mine");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_path_and_a_wrong_method_are_told_apart() {
    let api = TestApi::start().await;
    for path in [
        "/",
        "/api",
        "/api/v1",
        "/api/v1/nothing",
        "/api/v1/jobs/",
        "/api/v2/jobs",
        "/metrics",
        "/docs/nothing.js",
    ] {
        let answer = api.anonymous(Method::GET, path).send().await.unwrap();
        problem_of(answer, StatusCode::NOT_FOUND, "route_not_found").await;
    }
    for (method, path, allowed) in [
        (Method::DELETE, "/api/v1/jobs", "GET, POST"),
        (Method::GET, "/api/v1/jobs/7/cancel", "POST"),
        (Method::PUT, "/api/v1/jobs/7", "GET"),
        (Method::POST, "/livez", "GET"),
        (Method::OPTIONS, "/api/v1/jobs", "GET, POST"),
    ] {
        let answer = api.anonymous(method, path).send().await.unwrap();
        assert_eq!(answer.headers()["allow"], allowed);
        problem_of(answer, StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_headers_that_keep_browsers_in_check() {
    let api = TestApi::start().await;
    for path in ["/livez", "/api/v1/jobs", "/nothing"] {
        let answer = api.request(Method::GET, path).send().await.unwrap();
        let headers = answer.headers();
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["cache-control"], "no-store");
        assert_eq!(headers["x-frame-options"], "DENY");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert!(
            headers["content-security-policy"]
                .to_str()
                .unwrap()
                .contains("default-src 'none'")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_configured_origin_may_call_and_read_problems_and_another_may_not() {
    let api = TestApi::start().await;
    let call = |origin: &'static str| {
        let request = api
            .request(Method::GET, "/api/v1/jobs/7")
            .header("Origin", origin);
        async { request.send().await.unwrap() }
    };
    let known = call("https://app.example.com").await;
    assert_eq!(
        known.headers()["access-control-allow-origin"],
        "https://app.example.com"
    );
    assert!(
        known.headers()["access-control-expose-headers"]
            .to_str()
            .unwrap()
            .contains("x-request-id")
    );
    problem_of(known, StatusCode::BAD_REQUEST, "bad_id").await;
    let unknown = call("https://evil.example.com").await;
    assert!(
        unknown
            .headers()
            .get("access-control-allow-origin")
            .is_none()
    );

    let preflight = api
        .anonymous(Method::OPTIONS, "/api/v1/jobs")
        .header("Origin", "https://app.example.com")
        .header("Access-Control-Request-Method", "POST")
        .header(
            "Access-Control-Request-Headers",
            "authorization,content-type",
        );
    let answer = preflight.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(
        answer.headers()["access-control-allow-origin"],
        "https://app.example.com"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_header_of_identity_is_told_by_its_name() {
    let api = TestApi::start().await;
    let request = api
        .anonymous(Method::GET, "/api/v1/users/me")
        .header("X-Dev-User-Id", "two words");
    let answer = request.send().await.unwrap();
    let problem = problem_of(answer, StatusCode::BAD_REQUEST, "bad_header").await;
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("X-Dev-User-Id")
    );
    assert_eq!(problem.get("errors"), None);
    assert_ne!(problem["title"], json!(""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_and_a_problem_belong_to_the_callers_trace_or_to_a_new_one() {
    let api = TestApi::start().await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let traceparent = format!("00-{trace}-00f067aa0ba902b7-01");
    let body = json!({"kind": "test.anything", "payload": 1});
    let request = api.request(Method::POST, "/api/v1/jobs").json(&body);
    let answer = request
        .header("traceparent", &traceparent)
        .send()
        .await
        .unwrap();
    assert_eq!(
        json_of(answer, StatusCode::ACCEPTED).await["trace_id"],
        trace
    );
    let stored = api
        .database
        .text("SELECT traceparent FROM jobs")
        .await
        .unwrap();
    assert!(stored.contains(trace) && stored != traceparent, "{stored}");

    let request = api.request(Method::GET, "/api/v1/jobs/7");
    let answer = request
        .header("traceparent", &traceparent)
        .send()
        .await
        .unwrap();
    let problem = problem_of(answer, StatusCode::BAD_REQUEST, "bad_id").await;
    assert_eq!(problem["trace_id"], trace);

    for malformed in ["", "00-0-0-0", "nonsense"] {
        let request = api.request(Method::GET, "/api/v1/jobs/7");
        let answer = request
            .header("traceparent", malformed)
            .send()
            .await
            .unwrap();
        let problem = problem_of(answer, StatusCode::BAD_REQUEST, "bad_id").await;
        assert_eq!(problem["trace_id"].as_str().unwrap().len(), 32);
    }
}
