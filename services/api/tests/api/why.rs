//! Every reason why a job is where it is, brought about as it comes about.

use gantry_domain::{JobId, TenantId, UserId};
use gantry_testkit::TestDatabase;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApi, id_of, json_of, kind, problem_of};

async fn why(api: &TestApi, job_id: JobId) -> Value {
    api.get(&format!("/api/v1/jobs/{job_id}/why")).await
}

/// The explanation, which must have this first reason.
async fn explained(api: &TestApi, job_id: JobId, reason: &str) -> Value {
    let why = why(api, job_id).await;
    assert_eq!(why["reason"], reason, "{why}");
    assert_eq!(why["job_id"], job_id.to_string());
    why
}

fn sentence(why: &Value) -> &str {
    why["sentence"].as_str().unwrap()
}

fn also(why: &Value) -> Vec<&str> {
    let further = why["also"].as_array().unwrap();
    further
        .iter()
        .map(|explanation| explanation["reason"].as_str().unwrap())
        .collect()
}

async fn submit(api: &TestApi, job: &Value) -> JobId {
    id_of(&api.post("/api/v1/jobs", job, StatusCode::ACCEPTED).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queued_job_that_nothing_keeps_was_just_announced() {
    let api = TestApi::start().await;
    let job_id = api.submit().await;
    let why = explained(&api, job_id, "announced").await;
    assert_eq!(why["state"], "queued");
    assert!(why["details"]["queued_at"].is_string());
    assert_eq!(why["also"], json!([]));
    assert!(sentence(&why).contains("nothing keeps it"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pauses_come_before_everything_else_that_keeps_a_job_waiting() {
    let api = TestApi::start().await;
    let job = json!({"kind": "test.echo", "payload": {"text": "hello"}, "queue": "nightly"});
    let job_id = submit(&api, &job).await;
    let tenant = TenantId::for_organization("dev", "acme");
    let user = UserId::for_subject("dev", "alice");
    let mut expected = vec!["no_worker"];
    for (path, reason) in [
        (format!("users/{user}"), "user_paused"),
        (format!("tenants/{tenant}"), "tenant_paused"),
        ("queues/nightly".to_owned(), "queue_paused"),
    ] {
        let path = format!("/api/v1/{path}/pause");
        let body = json!({"reason": "upgrade until five."});
        api.post(&path, &body, StatusCode::OK).await;
        let why = explained(&api, job_id, reason).await;
        assert_eq!(also(&why), expected);
        assert_eq!(why["details"]["paused_by_name"], "alice");
        let sentence = sentence(&why);
        assert!(sentence.contains("is paused since"), "{sentence}");
        assert!(
            sentence.ends_with(" by alice: upgrade until five."),
            "{sentence}"
        );
        expected.insert(0, reason);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_no_operator_learns_when_and_why_but_not_by_whom() {
    let api = TestApi::start_with_operators("carol").await;
    let job_id = api.submit().await;
    let pause = api.request_as(
        "carol",
        "operations",
        Method::POST,
        "/api/v1/queues/default/pause",
    );
    let answer = pause.json(&json!({"reason": "upgrade"})).send().await;
    json_of(answer.unwrap(), StatusCode::OK).await;
    let why = explained(&api, job_id, "queue_paused").await;
    assert_eq!(why["details"]["paused_by"], json!(null));
    assert_eq!(why["details"]["reason"], "upgrade");
    assert!(!why.to_string().contains("carol"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_kind_nobody_runs_on_its_queue_says_so() {
    let api = TestApi::start().await;
    let job = json!({"kind": "test.echo", "payload": {"text": "hello"}, "queue": "nightly"});
    let why = explained(&api, submit(&api, &job).await, "no_worker").await;
    assert_eq!(
        why["details"],
        json!({"queue": "nightly", "kind": "test.echo"})
    );
    let expected =
        "No live worker of the queue nightly can run the kind test.echo; it waits until one does.";
    assert_eq!(sentence(&why), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_limit_of_the_tenant_or_the_kind_is_told_with_its_numbers() {
    let tenant = TenantId::for_organization("dev", "acme");
    for (path, reason) in [
        (format!("tenants/{tenant}"), "tenant_limit"),
        ("tenants/default".to_owned(), "tenant_limit"),
        ("kinds/test.echo".to_owned(), "kind_limit"),
    ] {
        let api = TestApi::start().await;
        let worker = api.worker().await;
        let jobs = [api.submit().await, api.submit().await, api.submit().await];
        let path = format!("/api/v1/limits/{path}");
        let request = api
            .request(Method::PUT, &path)
            .json(&json!({"max_running": 2}));
        json_of(request.send().await.unwrap(), StatusCode::OK).await;
        for job_id in &jobs[..2] {
            worker.claim(*job_id, 1).await;
        }
        let why = explained(&api, jobs[2], reason).await;
        assert_eq!(why["details"]["max_running"], 2);
        assert_eq!(why["details"]["running"], 2);
        assert!(sentence(&why).contains("2 of the 2 jobs"), "{why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_redis_is_told_with_the_time_since_when() {
    let nowhere = "redis://127.0.0.1:1".to_owned();
    let database = TestDatabase::create().await;
    let api = TestApi::start_with(database, nowhere, "gantry".to_owned()).await;
    api.until_answering().await;
    let _worker = api.worker().await;
    let job_id = api.submit().await;
    let why = explained(&api, job_id, "redis_unreachable").await;
    let since = why["details"]["since"].clone();
    assert!(since.is_string());
    let again = explained(&api, job_id, "redis_unreachable").await;
    assert_eq!(again["details"]["since"], since);
    assert!(
        sentence(&why).starts_with("Redis is unreachable since "),
        "{why}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_ahead_turns_of_others_and_busy_workers_are_told() {
    let api = TestApi::start_with_operators("carol").await;
    let first = api.submit().await;
    let second = api.submit().await;
    // The one of the start is the first of all.
    let why = explained(&api, second, "backlog").await;
    assert_eq!(why["details"], json!({"queue": "default", "ahead": 2}));
    assert_eq!(
        sentence(&why),
        "2 jobs of its tenant come before it in the queue default."
    );
    assert_eq!(also(&why), [""; 0]);

    let urgent = json!({"kind": "test.echo", "payload": {"text": "now"}, "priority": "high"});
    let urgent = submit(&api, &urgent).await;
    explained(&api, urgent, "announced").await;
    assert_eq!(
        explained(&api, first, "backlog").await["details"]["ahead"],
        2
    );

    let job = json!({"kind": "test.echo", "payload": {"text": "hello"}});
    for user in ["bob", "carol"] {
        let request = api.request_as(user, "globex", Method::POST, "/api/v1/jobs");
        let answer = request.json(&job).send().await.unwrap();
        json_of(answer, StatusCode::ACCEPTED).await;
    }
    let why = explained(&api, urgent, "tenant_share").await;
    assert_eq!(why["details"]["others_waiting"], json!(null));
    let path = format!("/api/v1/jobs/{urgent}/why");
    let answer = api
        .request_as("carol", "acme", Method::GET, &path)
        .send()
        .await;
    let why = json_of(answer.unwrap(), StatusCode::OK).await;
    assert_eq!(why["details"]["others_waiting"], 2);
    assert!(sentence(&why).contains("2 jobs of other tenants"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_workers_are_all_busy_says_so() {
    let api = TestApi::start().await;
    let only = api.worker_with(vec![kind("test.rare", json!(true))]).await;
    let job = json!({"kind": "test.rare", "payload": {}});
    for _ in 0..4 {
        let job_id = submit(&api, &job).await;
        only.claim_kind(job_id, "test.rare").await;
    }
    let why = explained(&api, submit(&api, &job).await, "places_taken").await;
    assert_eq!(why["details"], json!({"workers": 1, "places": 4}));
    let expected = "All 4 places of the 1 worker that can run it are taken.";
    assert_eq!(sentence(&why), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_for_later_names_its_time_and_what_will_hold_it_up_then() {
    let api = TestApi::start().await;
    let job = json!({"kind": "test.echo", "payload": {"text": "hello"}, "run_at": "2100-01-01T00:00:00Z"});
    let job_id = submit(&api, &job).await;
    let why = explained(&api, job_id, "scheduled").await;
    assert_eq!(sentence(&why), "It is scheduled for 2100-01-01T00:00:00Z.");
    api.post("/api/v1/queues/default/pause", &json!({}), StatusCode::OK)
        .await;
    assert_eq!(
        also(&explained(&api, job_id, "scheduled").await),
        ["queue_paused"]
    );
    api.post("/api/v1/queues/default/resume", &json!({}), StatusCode::OK)
        .await;
    // No maintenance runs here, so a job whose time comes stays as it is.
    api.database
        .execute("UPDATE jobs SET run_at = now() - interval '1 minute'")
        .await;
    explained(&api, job_id, "due").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_between_two_attempts_names_the_next_and_the_error_of_the_last() {
    let api = TestApi::start().await;
    let worker = api.worker().await;
    let job_id = api.submit().await;
    let claimed = worker.claim(job_id, 1).await;
    worker.fail_for_now(&claimed, "broken").await;
    let why = explained(&api, job_id, "retry").await;
    assert_eq!(why["state"], "scheduled");
    assert_eq!(why["details"]["attempt"], 1);
    assert_eq!(why["details"]["error"]["code"], "broken");
    let sentence = sentence(&why);
    assert!(
        sentence.starts_with(
            "Attempt 1 of 4 failed (broken: It did not work); the next one is due at "
        ),
        "{sentence}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_names_its_worker_and_the_wish_for_its_end() {
    let api = TestApi::start().await;
    let worker = api.worker().await;
    let job_id = api.submit().await;
    let claimed = worker.claim(job_id, 1).await;
    let why = explained(&api, job_id, "running").await;
    assert_eq!(why["details"]["worker"], "test-worker");
    assert!(
        sentence(&why).starts_with("It runs on test-worker since "),
        "{why}"
    );
    assert!(sentence(&why).ends_with(", attempt 1 of 4."), "{why}");
    let cancel = format!("/api/v1/jobs/{job_id}/cancel");
    api.post(&cancel, &json!({}), StatusCode::ACCEPTED).await;
    let why = explained(&api, job_id, "cancel_requested").await;
    assert_eq!(also(&why), ["running"]);
    worker.mark_cancelled(&claimed).await;
    let why = explained(&api, job_id, "cancelled").await;
    assert!(sentence(&why).starts_with("It was cancelled at "), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_has_ended_says_how() {
    let api = TestApi::start().await;
    let worker = api.worker().await;
    let done = api.submit().await;
    let claimed = worker.claim(done, 1).await;
    worker.complete(&claimed).await;
    let why = explained(&api, done, "succeeded").await;
    assert!(sentence(&why).ends_with(" in attempt 1."), "{why}");
    let failed = api.submit().await;
    let claimed = worker.claim(failed, 1).await;
    worker.fail(&claimed, "broken").await;
    let why = explained(&api, failed, "failed").await;
    assert!(
        sentence(&why).ends_with(" after attempt 1 (broken: It did not work)."),
        "{why}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenants_job_is_not_explained() {
    let api = TestApi::start().await;
    let job_id = api.submit().await;
    let path = format!("/api/v1/jobs/{job_id}/why");
    let answer = api.request_as("alice", "globex", Method::GET, &path).send();
    problem_of(
        answer.await.unwrap(),
        StatusCode::NOT_FOUND,
        "job_not_found",
    )
    .await;
}
