//! The program itself: what keeps it from starting, what it waits for, and how it ends.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something it relies on is missing"
)]

use std::process::{Output, Stdio};
use std::time::Duration;

use gantry_devkit::free_loopback_port;
use gantry_testkit::{TestDatabase, TestRedis, eventually};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(30);

fn program(settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gantry-api"));
    command
        .env_clear()
        .envs([
            ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing"),
            ("REDIS_URL", "redis://127.0.0.1:1"),
            ("APP_ENV", "test"),
            ("AUTH_MODE", "dev-bypass"),
            ("GANTRY_HTTP_ADDR", "127.0.0.1:0"),
        ])
        .envs(settings.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn end_of(child: Child) -> Output {
    timeout(SOON, child.wait_with_output())
        .await
        .expect("the program ends")
        .unwrap()
}

/// The one line on standard error of a program that does not start.
async fn refusal(settings: &[(&str, &str)]) -> String {
    let output = end_of(program(settings).spawn().unwrap()).await;
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(line.starts_with("gantry-api: "), "{line}");
    line
}

#[tokio::test]
async fn a_missing_or_contradictory_setting_stops_the_start_with_one_line() {
    let line = refusal(&[("DATABASE_URL", "")]).await;
    assert!(line.contains("DATABASE_URL"), "{line}");
    let line = refusal(&[("APP_ENV", "production")]).await;
    assert!(line.contains("AUTH_MODE=dev-bypass"), "{line}");
    let line = refusal(&[("AUTH_MODE", "oidc")]).await;
    assert!(line.contains("AUTH_OIDC_ISSUER"), "{line}");
    let line = refusal(&[
        ("AUTH_MODE", "oidc"),
        ("AUTH_OIDC_ISSUER", "http://example.com"),
    ])
    .await;
    assert!(line.contains("AUTH_OIDC_ISSUER"), "{line}");
    let line = refusal(&[("GANTRY_HTTP_ADDR", "192.0.2.1:80")]).await;
    assert!(line.contains("GANTRY_HTTP_ADDR"), "{line}");
    let line = refusal(&[("RUST_LOG", "a=b=c")]).await;
    assert!(line.contains("RUST_LOG"), "{line}");
}

#[tokio::test]
async fn a_login_that_row_level_security_does_not_hold_stops_the_program() {
    let database = TestDatabase::create().await;
    let redis = TestRedis::create().await;
    // Behind a transaction pooler no role is taken, so the owner stays the owner.
    let line = refusal(&[
        ("DATABASE_URL", database.url()),
        ("REDIS_URL", redis.url()),
        ("GANTRY_DATABASE_STATEMENT_CACHE", "off"),
    ])
    .await;
    assert!(line.contains("row-level security"), "{line}");
}

#[tokio::test]
async fn without_postgres_and_redis_it_waits_answers_and_ends_at_sigterm() {
    let port = free_loopback_port().unwrap();
    let address = format!("127.0.0.1:{port}");
    let child = program(&[
        ("GANTRY_HTTP_ADDR", &address),
        ("GANTRY_LOG_FORMAT", "json"),
    ])
    .spawn()
    .unwrap();
    let url = format!("http://{address}");
    eventually(SOON, || async {
        let answer = reqwest::get(format!("{url}/readyz")).await;
        let answer = answer.map_err(|error| error.to_string())?;
        let status = answer.status().as_u16();
        let body = answer.text().await.unwrap_or_default();
        if status == 503 && body.contains("cannot be reached") {
            Ok(())
        } else {
            Err(format!("{status} {body}"))
        }
    })
    .await;
    assert_eq!(
        reqwest::get(format!("{url}/livez")).await.unwrap().status(),
        200
    );
    terminate(&child);
    let output = end_of(child).await;
    assert!(output.status.success(), "{output:?}");
    let log = String::from_utf8(output.stdout).unwrap();
    assert!(log.contains("Postgres is not ready"), "{log}");
    assert!(log.contains("Connection refused"), "{log}");
    assert!(log.contains("Redis cannot be reached"), "{log}");
    assert!(log.contains("the API stops"), "{log}");
}

#[tokio::test]
async fn a_line_about_a_request_names_its_trace_tenant_person_and_job() {
    let database = TestDatabase::create().await;
    let redis = TestRedis::create().await;
    let address = format!("127.0.0.1:{}", free_loopback_port().unwrap());
    let child = program(&[
        ("DATABASE_URL", database.url()),
        ("REDIS_URL", redis.url()),
        ("GANTRY_HTTP_ADDR", &address),
        ("GANTRY_LOG_FORMAT", "json"),
        ("RUST_LOG", "gantry_api=debug"),
    ])
    .spawn()
    .unwrap();
    let job_id = "01a1f86e-c6c2-73c3-beba-160922cfd5bd";
    let trace_id = "0af7651916cd43dd8448eb211c80319c";
    let url = format!("http://{address}/api/v1/jobs/{job_id}");
    eventually(SOON, || async {
        let request = reqwest::Client::new()
            .get(&url)
            .header("X-Dev-User-Id", "ada")
            .header("traceparent", format!("00-{trace_id}-b7ad6b7169203331-01"));
        let answer = request.send().await.map_err(|error| error.to_string())?;
        match answer.status().as_u16() {
            404 => Ok(()),
            status => Err(status.to_string()),
        }
    })
    .await;
    terminate(&child);
    let log = String::from_utf8(end_of(child).await.stdout).unwrap();
    let line = log
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(|line| line["message"] == "request answered" && line["status"] == 404)
        .unwrap_or_else(|| panic!("no such line: {log}"));
    assert_eq!(line["job_id"], job_id);
    assert_eq!(line["trace_id"], trace_id);
    for name in ["tenant_id", "user_id", "request_id"] {
        assert!(line[name].is_string(), "{name}: {line}");
    }
}

fn terminate(child: &Child) {
    let pid = i32::try_from(child.id().expect("the program runs")).unwrap();
    kill(Pid::from_raw(pid), Signal::SIGTERM).unwrap();
}
