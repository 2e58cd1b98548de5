//! What the client sends, and how it reads what comes back.

use chrono::{TimeZone, Utc};
use gantry_client::{BulkOrder, Client, ClientError, JobFilter, Submission, Submitter};
use gantry_domain::{JobState, OnConflict, Priority};
use serde_json::{Value, json};

use crate::samples::{JOB_ID, attempts, job, job_id, job_summary, refusal};
use crate::scripted_server::{Answer, ScriptedServer};

fn client(server: &ScriptedServer) -> Client {
    Client::builder(&server.url).build().expect("a client")
}

fn submission() -> Submission {
    Submission::new("system.ping".parse().expect("a kind"), json!({"a": 1}))
}

#[tokio::test]
async fn a_submission_says_only_what_was_decided() {
    let server = ScriptedServer::start(vec![Answer::json(202, &job("queued"))]);
    let accepted = client(&server).submit(&submission()).await.expect("a job");
    assert_eq!(accepted.summary.state, JobState::Queued);
    let request = server.only_request();
    assert_eq!(request.line, "POST /api/v1/jobs");
    let body: Value = serde_json::from_str(&request.body).expect("JSON");
    assert_eq!(body, json!({"kind": "system.ping", "payload": {"a": 1}}));
}

#[tokio::test]
async fn a_submission_says_all_that_was_decided() {
    let server = ScriptedServer::start(vec![Answer::json(202, &job("scheduled"))]);
    let submission = Submission {
        queue: Some("slow".parse().expect("a queue")),
        priority: Some(Priority::High),
        run_at: Utc.with_ymd_and_hms(2027, 1, 31, 18, 0, 0).single(),
        max_attempts: Some(2),
        timeout_seconds: Some(60),
        tags: vec!["nightly".to_owned()],
        ..submission()
    };
    client(&server).submit(&submission).await.expect("a job");
    let body: Value = serde_json::from_str(&server.only_request().body).expect("JSON");
    assert_eq!(
        body,
        json!({
            "kind": "system.ping",
            "payload": {"a": 1},
            "queue": "slow",
            "priority": "high",
            "run_at": "2027-01-31T18:00:00Z",
            "max_attempts": 2,
            "timeout_seconds": 60,
            "tags": ["nightly"],
        })
    );
}

#[tokio::test]
async fn a_batch_is_one_request() {
    let answer = json!({"items": [job("queued"), job("queued")]});
    let server = ScriptedServer::start(vec![Answer::json(202, &answer)]);
    let accepted = client(&server)
        .submit_batch(&[submission(), submission()])
        .await;
    assert_eq!(accepted.expect("two jobs").len(), 2);
    let request = server.only_request();
    assert_eq!(request.line, "POST /api/v1/jobs/batch");
    let body: Value = serde_json::from_str(&request.body).expect("JSON");
    assert_eq!(body["jobs"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_submission_under_a_key_says_so_in_a_header() {
    let server = ScriptedServer::start(vec![Answer::json(202, &job("queued"))]);
    let submission = Submission {
        unique_key: Some("nightly".to_owned()),
        on_conflict: Some(OnConflict::ReturnExisting),
        ..submission()
    };
    let key = "order-1".parse().expect("a key");
    let accepted = client(&server).submit_once(&submission, &key).await;
    accepted.expect("a job");
    let request = server.only_request();
    assert_eq!(request.header("idempotency-key"), Some("order-1"));
    let body: Value = serde_json::from_str(&request.body).expect("JSON");
    assert_eq!(
        body,
        json!({
            "kind": "system.ping", "payload": {"a": 1}, "unique_key": "nightly",
            "on_conflict": "return_existing",
        })
    );
}

#[tokio::test]
async fn jobs_that_match_are_changed_together() {
    let outcome = json!({"matched": 3, "changed": 2, "remaining": true});
    let server = ScriptedServer::start(vec![
        Answer::json(200, &outcome),
        Answer::json(200, &outcome),
    ]);
    let order = BulkOrder {
        states: vec![JobState::Failed],
        error_code: Some("broken".to_owned()),
        created_by: Some(Submitter::Me),
        ..BulkOrder::default()
    };
    let client = client(&server);
    let retried = client.retry_matching(&order).await.expect("an outcome");
    let cancelled = client.cancel_matching(&order).await.expect("an outcome");
    assert_eq!(retried, cancelled);
    assert_eq!(
        (retried.matched, retried.changed, retried.remaining),
        (3, 2, true)
    );
    let requests = server.requests();
    assert_eq!(requests[0].line, "POST /api/v1/jobs/retry");
    assert_eq!(requests[1].line, "POST /api/v1/jobs/cancel");
    let body: Value = serde_json::from_str(&requests[0].body).expect("JSON");
    assert_eq!(
        body,
        json!({"state": ["failed"], "error_code": "broken", "created_by": "me", "dry_run": false})
    );
}

#[tokio::test]
async fn a_filter_becomes_the_query() {
    let page = json!({"items": [job_summary("failed")], "next_cursor": "abc"});
    let server = ScriptedServer::start(vec![Answer::json(200, &page)]);
    let filter = JobFilter {
        states: vec![JobState::Failed, JobState::Cancelled],
        created_by: Some(Submitter::Me),
        tag: Some("first try & more".to_owned()),
        limit: Some(2),
        ..JobFilter::default()
    };
    let page = client(&server).jobs(&filter).await.expect("a page");
    assert_eq!(page.items.len(), 1);
    assert_eq!(page.next_cursor.as_deref(), Some("abc"));
    assert_eq!(
        server.only_request().line,
        "GET /api/v1/jobs?state=failed%2Ccancelled&tag=first+try+%26+more&created_by=me&limit=2"
    );
}

#[tokio::test]
async fn a_job_is_asked_for_cancelled_and_retried_by_its_id() {
    let server = ScriptedServer::start(vec![
        Answer::json(200, &job("running")),
        Answer::json(200, &attempts()),
        Answer::json(202, &job("running")),
        Answer::json(202, &job("queued")),
    ]);
    let client = client(&server);
    client.job(job_id()).await.expect("a job");
    assert_eq!(client.attempts(job_id()).await.expect("attempts").len(), 2);
    client.cancel(job_id()).await.expect("a job");
    client.retry(job_id()).await.expect("a job");
    let lines: Vec<String> = server
        .requests()
        .into_iter()
        .map(|request| request.line)
        .collect();
    assert_eq!(
        lines,
        [
            format!("GET /api/v1/jobs/{JOB_ID}"),
            format!("GET /api/v1/jobs/{JOB_ID}/attempts"),
            format!("POST /api/v1/jobs/{JOB_ID}/cancel"),
            format!("POST /api/v1/jobs/{JOB_ID}/retry"),
        ]
    );
}

#[tokio::test]
async fn a_token_is_sent_as_a_bearer() {
    let server = ScriptedServer::start(vec![Answer::json(200, &job("queued"))]);
    let builder = Client::builder(&server.url).bearer_token("t0ken");
    let client = builder.expect("a token").build().expect("a client");
    client.job(job_id()).await.expect("a job");
    assert_eq!(
        server.only_request().header("authorization"),
        Some("Bearer t0ken")
    );
}

#[tokio::test]
async fn a_development_identity_is_sent_in_its_headers() {
    let server = ScriptedServer::start(vec![Answer::json(200, &job("queued"))]);
    let client = Client::builder(&server.url)
        .development_user("alice")
        .and_then(|client| client.development_email("alice@example.org"))
        .and_then(|client| client.tenant("acme"))
        .and_then(gantry_client::ClientBuilder::build);
    client
        .expect("a client")
        .job(job_id())
        .await
        .expect("a job");
    let request = server.only_request();
    assert_eq!(request.header("x-dev-user-id"), Some("alice"));
    assert_eq!(
        request.header("x-dev-user-email"),
        Some("alice@example.org")
    );
    assert_eq!(request.header("x-tenant-id"), Some("acme"));
}

#[tokio::test]
async fn an_api_may_lie_below_a_path() {
    let server = ScriptedServer::start(vec![Answer::json(200, &job("queued"))]);
    let url = format!("{}/gantry/", server.url);
    let client = Client::builder(&url).build().expect("a client");
    client.job(job_id()).await.expect("a job");
    assert_eq!(
        server.only_request().line,
        format!("GET /gantry/api/v1/jobs/{JOB_ID}")
    );
}

#[tokio::test]
async fn a_refusal_carries_every_fault() {
    let server = ScriptedServer::start(vec![Answer::json(422, &refusal(422, "invalid_request"))]);
    match client(&server).submit(&submission()).await {
        Err(ClientError::Refused(problem)) => {
            assert_eq!(problem.status, 422);
            assert_eq!(problem.code.as_deref(), Some("invalid_request"));
            assert_eq!(problem.request_id.as_deref(), Some("0f5d5b6e"));
            assert_eq!(problem.errors[0].path, "payload.input");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn whoever_redirects_is_not_told_who_is_calling() {
    let elsewhere = ScriptedServer::start(vec![Answer::json(200, &job("queued"))]);
    let server = ScriptedServer::start(vec![Answer::redirect(&elsewhere.url)]);
    let outcome = client(&server).job(job_id()).await;
    assert!(
        matches!(outcome, Err(ClientError::UnexpectedAnswer { .. })),
        "{outcome:?}"
    );
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn an_answer_that_is_not_from_gantry_is_said_to_be_so() {
    for status in [200, 404, 502] {
        let page = Answer::text(status, "text/html", "<html>".to_owned());
        let outcome = client(&ScriptedServer::start(vec![page]))
            .job(job_id())
            .await;
        assert!(
            matches!(&outcome, Err(ClientError::UnexpectedAnswer { status: told, .. }) if told.as_u16() == status),
            "{outcome:?}"
        );
    }
}

#[test]
fn an_address_that_cannot_be_one_is_refused() {
    for url in [
        "",
        "127.0.0.1:8080",
        "ftp://example.org",
        "http://",
        "http://h/?a=b",
    ] {
        let outcome = Client::builder(url).build();
        assert!(
            matches!(outcome, Err(ClientError::InvalidBaseUrl { .. })),
            "{url}: {outcome:?}"
        );
    }
}

#[test]
fn a_credential_that_cannot_be_sent_is_refused_without_showing_it() {
    let refused = Client::builder("http://127.0.0.1:1").bearer_token("s3cret\nline");
    let error = refused.expect_err("a line end cannot be sent");
    assert!(!format!("{error} {error:?}").contains("s3cret"));
}

#[test]
fn a_credential_is_not_shown_by_debug_output() {
    let builder = Client::builder("http://127.0.0.1:1")
        .bearer_token("s3cret")
        .expect("a token");
    assert!(!format!("{builder:?}").contains("s3cret"));
    let client = builder.build().expect("a client");
    assert!(!format!("{client:?}").contains("s3cret"));
}
