//! What the API does about clients that are slow, send too much, or come from pages that have no business here.

use std::time::Duration;

use reqwest::{Method, Response, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{SOON, TestApi};

const JOBS: &str = "/api/v1/jobs";

/// What the API answers to these bytes until it closes the connection, which it must do by itself.
async fn answer_until_closed(api: &TestApi, sent: &[u8]) -> String {
    let mut connection = TcpStream::connect(api.address).await.unwrap();
    // It may close before it has read everything.
    let _ = connection.write_all(sent).await;
    let mut answer = Vec::new();
    let reading = connection.read_to_end(&mut answer);
    let _ = timeout(SOON + Duration::from_secs(10), reading)
        .await
        .expect("the API closes the connection");
    String::from_utf8_lossy(&answer).into_owned()
}

async fn assert_alive(api: &TestApi) {
    let answer = api.anonymous(Method::GET, "/livez").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_finish_what_it_began_to_say_is_cut_off() {
    let api = TestApi::start().await;
    for begun in [
        "G",
        "GET /livez HTTP/1.1\r\nHost: gantry\r\n",
        "GET /livez HTTP/1.1\r\nHost: gantry\r\nX-Slow: and",
    ] {
        let answer = answer_until_closed(&api, begun.as_bytes()).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 408"),
            "{answer}"
        );
    }
    assert_alive(&api).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_is_too_long_is_refused_and_the_process_lives() {
    let api = TestApi::start().await;
    let many_fields: String = (0..500).map(|n| format!("X-{n}: y\r\n")).collect();
    let long_value = format!("Authorization: Bearer {}\r\n", "a".repeat(300_000));
    let long_path = "a".repeat(300_000);
    for head in [
        format!("GET /livez HTTP/1.1\r\nHost: gantry\r\n{many_fields}\r\n"),
        format!("GET /livez HTTP/1.1\r\nHost: gantry\r\n{long_value}\r\n"),
        format!("GET /{long_path} HTTP/1.1\r\nHost: gantry\r\n\r\n"),
        "GET /livez HTTP/9.9\r\n\r\n".to_owned(),
        "\0\u{1}\u{2} / HTTP/1.1\r\n\r\n".to_owned(),
    ] {
        let answer = answer_until_closed(&api, head.as_bytes()).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
            "{answer}"
        );
        assert_alive(&api).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_are_told_to_come_by_https_only_where_the_operator_says_so() {
    let mut api = TestApi::start().await;
    let answer = api.request(Method::GET, JOBS).send().await.unwrap();
    assert_eq!(answer.headers().get("strict-transport-security"), None);
    api.restart_with(&[("GANTRY_HTTP_HSTS_SECONDS", "31536000")])
        .await;
    for path in [JOBS, "/nothing", "/docs/"] {
        let answer = api.request(Method::GET, path).send().await.unwrap();
        let told = &answer.headers()["strict-transport-security"];
        assert_eq!(told, "max-age=31536000", "{path}");
    }
}

fn allowed_origin(answer: &Response) -> Option<&str> {
    let allowed = answer.headers().get("access-control-allow-origin")?;
    allowed.to_str().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_an_origin_that_is_not_configured_to_the_letter_is_let_at_nothing() {
    let api = TestApi::start().await;
    for origin in [
        "null",
        "https://evil.example.com",
        "https://app.example.com.evil.example",
        "https://evil.example/https://app.example.com",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://APP.example.com.",
        "https://xapp.example.com",
    ] {
        let call = api.request(Method::GET, JOBS).header("Origin", origin);
        let called = call.send().await.unwrap();
        assert_eq!(allowed_origin(&called), None, "{origin}");
        let preflight = api
            .anonymous(Method::OPTIONS, JOBS)
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", "authorization");
        let asked = preflight.send().await.unwrap();
        assert_eq!(allowed_origin(&asked), None, "{origin}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_may_call_sends_its_token_and_no_cookie_and_reads_what_is_left_of_its_rate() {
    let api = TestApi::start().await;
    let origin = "https://app.example.com";
    let preflight = api
        .anonymous(Method::OPTIONS, JOBS)
        .header("Origin", origin)
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "authorization");
    let call = api.request(Method::GET, JOBS).header("Origin", origin);
    for request in [preflight, call] {
        let answer = request.send().await.unwrap();
        assert_eq!(allowed_origin(&answer), Some(origin));
        let credentials = answer.headers().get("access-control-allow-credentials");
        assert_eq!(credentials, None);
    }
    let call = api.request(Method::GET, JOBS).header("Origin", origin);
    let answer = call.send().await.unwrap();
    let exposed = answer.headers()["access-control-expose-headers"]
        .to_str()
        .unwrap();
    for header in [
        "ratelimit-limit",
        "ratelimit-remaining",
        "ratelimit-reset",
        "retry-after",
    ] {
        assert!(exposed.contains(header), "{exposed}");
    }
}
