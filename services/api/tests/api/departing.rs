//! People ask for their data, and leave.

use gantry_domain::{ExportItem, ExportPart, ExportSection, JobId, TenantId, export_declaration};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApi, json_of, problem_of};

const ME: &str = "/api/v1/users/me";

async fn ask(api: &TestApi, user: &str, method: Method, path: &str) -> reqwest::Response {
    let request = api.request_as(user, "acme", method, path);
    request.send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_gathered_by_jobs_of_ones_own_space_and_read_as_lines() {
    let api = TestApi::start().await;
    let worker = api.worker_with(vec![export_declaration()]).await;
    let asked = ask(&api, "alice", Method::GET, &format!("{ME}/export")).await;
    let location = asked.headers()["location"].to_str().unwrap().to_owned();
    let asked = json_of(asked, StatusCode::ACCEPTED).await;
    assert_eq!(asked["archive"], location);
    let own = TenantId::for_person("dev", "alice").to_string();
    assert_eq!(asked["tenant_id"], own);
    let again = ask(&api, "alice", Method::GET, &format!("{ME}/export")).await;
    assert_eq!(json_of(again, StatusCode::ACCEPTED).await, asked);
    let early = ask(&api, "alice", Method::GET, &location).await;
    problem_of(early, StatusCode::CONFLICT, "export_not_ready").await;

    let job_id: JobId = asked["id"].as_str().unwrap().parse().unwrap();
    let claimed = worker.claim_kind(job_id, "people.export").await;
    let item = ExportItem {
        section: ExportSection::Account,
        item: json!({"subject": "alice"}),
    };
    let part = ExportPart {
        items: vec![item],
        has_more: false,
    };
    worker.complete_with(&claimed, json!(part)).await;
    let archive = ask(&api, "alice", Method::GET, &location).await;
    assert_eq!(archive.status(), StatusCode::OK);
    assert_eq!(archive.headers()["content-type"], "application/x-ndjson");
    let text = archive.text().await.unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        lines,
        [json!({"section": "account", "item": {"subject": "alice"}})]
    );
    // Nobody else finds it, and neither is a job that is no export found.
    let other = ask(&api, "bob", Method::GET, &location).await;
    problem_of(other, StatusCode::NOT_FOUND, "export_not_found").await;
    let job = api.submit().await;
    let no_export = ask(&api, "alice", Method::GET, &format!("{ME}/exports/{job}")).await;
    problem_of(no_export, StatusCode::NOT_FOUND, "export_not_found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_ends_after_its_grace_unless_the_wish_is_taken_back() {
    let api = TestApi::start().await;
    let deletion = format!("{ME}/deletion");
    let cancel = format!("{ME}/deletion/cancel");
    let none = ask(&api, "alice", Method::GET, &deletion).await;
    problem_of(none, StatusCode::NOT_FOUND, "deletion_not_requested").await;
    let none = ask(&api, "alice", Method::POST, &cancel).await;
    problem_of(none, StatusCode::NOT_FOUND, "deletion_not_requested").await;

    let asked = ask(&api, "alice", Method::DELETE, ME).await;
    let asked = json_of(asked, StatusCode::ACCEPTED).await;
    assert_eq!(asked["receipt_id"].as_str().unwrap().len(), 36);
    let shown = ask(&api, "alice", Method::GET, &deletion).await;
    assert_eq!(json_of(shown, StatusCode::OK).await, asked);
    let others = ask(&api, "bob", Method::GET, &deletion).await;
    problem_of(others, StatusCode::NOT_FOUND, "deletion_not_requested").await;
    let back = ask(&api, "alice", Method::POST, &cancel).await;
    assert_eq!(back.status(), StatusCode::NO_CONTENT);

    let asked = ask(&api, "alice", Method::DELETE, ME).await;
    assert_eq!(asked.status(), StatusCode::ACCEPTED);
    api.database
        .execute("UPDATE account_deletions SET cancellable_until = now()")
        .await;
    let late = ask(&api, "alice", Method::POST, &cancel).await;
    problem_of(late, StatusCode::CONFLICT, "deletion_not_cancellable").await;
    let audited = "SELECT string_agg(action, ' ' ORDER BY id) FROM audit_events";
    let expected =
        "account.deletion_requested account.deletion_cancelled account.deletion_requested";
    assert_eq!(api.database.text(audited).await.as_deref(), Some(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_the_service_alone_asks_for_show_neither_result_nor_log() {
    let api = TestApi::start().await;
    let worker = api.worker_with(vec![export_declaration()]).await;
    let asked = ask(&api, "alice", Method::GET, &format!("{ME}/export")).await;
    let asked = json_of(asked, StatusCode::ACCEPTED).await;
    let job_id: JobId = asked["id"].as_str().unwrap().parse().unwrap();
    let claimed = worker.claim_kind(job_id, "people.export").await;
    let path = format!("/api/v1/jobs/{job_id}");
    let in_own_space = |path: &str| {
        let request = api.anonymous(Method::GET, path);
        request.header("X-Dev-User-Id", "alice").send()
    };
    // One who says to know the first line would be told the second as it comes.
    let stream = in_own_space(&format!("{path}/logs?follow=true&cursor=1.1")).await;
    worker.log(&claimed, 1..=3).await;
    let part = ExportPart {
        items: Vec::new(),
        has_more: false,
    };
    worker.complete_with(&claimed, json!(part)).await;
    let told = stream.unwrap().text().await.unwrap();
    assert!(
        told.contains("event: end") && !told.contains("event: line"),
        "{told}"
    );
    let job = json_of(in_own_space(&path).await.unwrap(), StatusCode::OK).await;
    assert_eq!(
        (&job["state"], &job["result"]),
        (&json!("succeeded"), &json!(null))
    );
    let log = in_own_space(&format!("{path}/logs")).await.unwrap();
    assert_eq!(json_of(log, StatusCode::OK).await["items"], json!([]));
}
