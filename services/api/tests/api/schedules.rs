//! Schedules: created, shown, changed, paused, run by hand and deleted by those who may.

use gantry_domain::JobId;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApi, json_of, paths_of, problem_of};

const SCHEDULES: &str = "/api/v1/schedules";

/// A schedule that is due once a year, with these fields besides.
fn request(name: &str, further: Value) -> Value {
    let mut request = json!({
        "name": name, "cron": "0 0 1 1 *", "kind": "test.echo", "payload": {"text": "hello"},
    });
    if let Value::Object(further) = further {
        request.as_object_mut().expect("an object").extend(further);
    }
    request
}

async fn create(api: &TestApi, name: &str) -> Value {
    let body = request(name, json!({}));
    api.post(SCHEDULES, &body, StatusCode::CREATED).await
}

fn path_of(schedule: &Value) -> String {
    format!("{SCHEDULES}/{}", schedule["id"].as_str().unwrap())
}

async fn patch(api: &TestApi, path: &str, changes: &Value, expected: StatusCode) -> Value {
    let request = api.request(Method::PATCH, path).json(changes);
    json_of(request.send().await.unwrap(), expected).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_schedule_has_what_was_left_out_from_its_kind() {
    let api = TestApi::start().await;
    let body = request("nightly", json!({"cron": " 30  2 * * mon-fri "}));
    let request = api.request(Method::POST, SCHEDULES).json(&body);
    let answer = request.send().await.unwrap();
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let schedule = json_of(answer, StatusCode::CREATED).await;
    assert_eq!(location, path_of(&schedule));
    assert_eq!(schedule["cron"], "30 2 * * mon-fri");
    assert_eq!(schedule["time_zone"], "UTC");
    assert_eq!(schedule["missed"], "skip");
    assert_eq!(schedule["queue"], "default");
    assert_eq!(schedule["priority"], "normal");
    assert_eq!(schedule["timeout_seconds"], 60);
    assert_eq!(schedule["payload"], json!({"text": "hello"}));
    assert_eq!(schedule["paused_at"], json!(null));
    assert_eq!(schedule["last_job_id"], json!(null));
    let ticks = schedule["next_runs_at"].as_array().unwrap();
    assert_eq!(ticks.len(), 5);
    assert_eq!(schedule["next_run_at"], ticks[0]);
    assert_eq!(api.get(&location).await, schedule);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_schedule_is_named_with_its_reason() {
    let api = TestApi::start().await;
    for (further, path, reason) in [
        (json!({"cron": "0 0 * *"}), "cron", "must be five fields"),
        (
            json!({"cron": "0 25 * * *"}),
            "cron",
            "hour field must be 0-23",
        ),
        (json!({"cron": "0 0 30 2 *"}), "cron", "never comes"),
        (json!({"cron": 5}), "cron", "must be a string"),
        (json!({"time_zone": "Berlin"}), "time_zone", "IANA"),
        (json!({"missed": "later"}), "missed", "skip, run_once"),
        (
            json!({"name": "Nightly Report"}),
            "name",
            "not a valid schedule name",
        ),
        (
            json!({"run_at": "2030-01-01T00:00:00Z"}),
            "run_at",
            "is not a known field",
        ),
        (
            json!({"next_run_at": null}),
            "next_run_at",
            "is not a known field",
        ),
        (
            json!({"priority": "urgent"}),
            "priority",
            "high, normal, low",
        ),
        (
            json!({"max_attempts": 101}),
            "max_attempts",
            "from 1 to 100",
        ),
        (
            json!({"timeout_seconds": 0}),
            "timeout_seconds",
            "from 1 to",
        ),
        (json!({"tags": [""]}), "tags", "strings of 1 to 64"),
        (json!({"queue": "a b"}), "queue", "not a valid queue name"),
        (json!({"payload": {"text": 1}}), "payload.text", "string"),
        (
            json!({"payload": {"text": "a\u{0}"}}),
            "payload.text",
            "NUL",
        ),
    ] {
        let body = request("nightly", further.clone());
        let answer = api.request(Method::POST, SCHEDULES).json(&body).send();
        let problem = problem_of(
            answer.await.unwrap(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_request",
        )
        .await;
        assert_eq!(paths_of(&problem), [path], "{further}");
        let message = problem["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(reason), "{message}");
    }
    let body = request("nightly", json!({"kind": "test.unknown"}));
    let answer = api.request(Method::POST, SCHEDULES).json(&body).send();
    problem_of(
        answer.await.unwrap(),
        StatusCode::UNPROCESSABLE_ENTITY,
        "unknown_kind",
    )
    .await;
    let empty = api.request(Method::POST, SCHEDULES).json(&json!({})).send();
    let problem = problem_of(
        empty.await.unwrap(),
        StatusCode::UNPROCESSABLE_ENTITY,
        "invalid_request",
    )
    .await;
    assert_eq!(paths_of(&problem), ["name", "cron", "kind", "payload"]);
    assert_eq!(api.get(SCHEDULES).await["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_taken_once() {
    let api = TestApi::start().await;
    create(&api, "nightly").await;
    let other = create(&api, "daily").await;
    let again = request("nightly", json!({}));
    let created = api.request(Method::POST, SCHEDULES).json(&again).send();
    problem_of(
        created.await.unwrap(),
        StatusCode::CONFLICT,
        "schedule_name_taken",
    )
    .await;
    let renamed = api.request(Method::PATCH, &path_of(&other));
    let renamed = renamed.json(&json!({"name": "nightly"})).send();
    problem_of(
        renamed.await.unwrap(),
        StatusCode::CONFLICT,
        "schedule_name_taken",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn schedules_are_listed_page_by_page_without_their_payloads() {
    let api = TestApi::start().await;
    for name in ["one", "two", "three"] {
        create(&api, name).await;
    }
    let first = api.get(&format!("{SCHEDULES}?limit=2")).await;
    let names = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap();
        items
            .iter()
            .map(|schedule| schedule["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&first), ["three", "two"]);
    assert!(first["items"][0].get("payload").is_none());
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = api
        .get(&format!("{SCHEDULES}?limit=2&cursor={cursor}"))
        .await;
    assert_eq!(names(&second), ["one"]);
    assert_eq!(second["next_cursor"], json!(null));
    let bad = api.request(Method::GET, &format!("{SCHEDULES}?cursor=never"));
    problem_of(
        bad.send().await.unwrap(),
        StatusCode::BAD_REQUEST,
        "bad_cursor",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_replaces_what_it_names_and_is_checked_as_a_whole() {
    let api = TestApi::start().await;
    let before = create(&api, "nightly").await;
    let path = path_of(&before);
    let changes =
        json!({"missed": "run_once", "queue": "slow", "tags": ["a"], "payload": {"text": "bye"}});
    let after = patch(&api, &path, &changes, StatusCode::OK).await;
    for (field, value) in changes.as_object().unwrap() {
        assert_eq!(after[field], *value);
    }
    for field in [
        "id",
        "name",
        "cron",
        "next_run_at",
        "created_by",
        "created_at",
    ] {
        assert_eq!(after[field], before[field], "{field}");
    }
    let after = patch(
        &api,
        &path,
        &json!({"queue": null, "cron": "0 0 2 1 *"}),
        StatusCode::OK,
    )
    .await;
    assert_eq!(after["queue"], "default");
    assert_ne!(after["next_run_at"], before["next_run_at"]);
    for (changes, fault) in [
        (json!({"cron": "soon"}), "cron"),
        (json!({"name": null}), "name"),
        (json!({"payload": {}}), "payload.text"),
        (json!({"paused_at": null}), "paused_at"),
        (json!([]), "body"),
    ] {
        let answer = api.request(Method::PATCH, &path).json(&changes).send();
        let problem = problem_of(
            answer.await.unwrap(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_request",
        )
        .await;
        assert_eq!(paths_of(&problem), [fault], "{changes}");
    }
    assert_eq!(api.get(&path).await, after);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_is_paused_resumed_run_and_deleted() {
    let api = TestApi::start().await;
    let schedule = create(&api, "nightly").await;
    let path = path_of(&schedule);
    let verb = |verb: &str| format!("{path}/{verb}");
    let paused = api.post(&verb("pause"), &json!({}), StatusCode::OK).await;
    assert!(paused["paused_at"].is_string());
    assert_eq!(
        (&paused["next_run_at"], &paused["next_runs_at"]),
        (&json!(null), &json!([]))
    );
    let again = api.post(&verb("pause"), &json!({}), StatusCode::OK).await;
    assert_eq!(again, paused);

    let job = api
        .post(&verb("run"), &json!({}), StatusCode::ACCEPTED)
        .await;
    assert_eq!(job["payload"], schedule["payload"]);
    assert_eq!(job["state"], "queued");
    let job_id: JobId = job["id"].as_str().unwrap().parse().unwrap();
    api.worker().await.claim(job_id, 1).await;

    let resumed = api.post(&verb("resume"), &json!({}), StatusCode::OK).await;
    assert_eq!(resumed["next_runs_at"], schedule["next_runs_at"]);
    assert_eq!(resumed["last_job_id"], job["id"]);

    let deleted = api.request(Method::DELETE, &path).send().await.unwrap();
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    let gone = api.request(Method::GET, &path).send().await.unwrap();
    problem_of(gone, StatusCode::NOT_FOUND, "schedule_not_found").await;
    assert_eq!(api.state_of(job_id).await, "running");
}

/// Every call about one schedule, and whether it changes something.
const CALLS: [(Method, &str, bool); 6] = [
    (Method::GET, "", false),
    (Method::PATCH, "", true),
    (Method::DELETE, "", true),
    (Method::POST, "/pause", true),
    (Method::POST, "/resume", true),
    (Method::POST, "/run", true),
];

#[tokio::test(flavor = "multi_thread")]
async fn another_tenants_schedule_does_not_exist_and_a_colleagues_is_only_looked_at() {
    let api = TestApi::start().await;
    let schedule = create(&api, "nightly").await;
    for (method, verb, changes) in CALLS {
        let path = format!("{}{verb}", path_of(&schedule));
        let call = |user, tenant| {
            let request = api.request_as(user, tenant, method.clone(), &path);
            request.json(&json!({})).send()
        };
        // The same person in another tenant.
        let answer = call("alice", "globex").await.unwrap();
        problem_of(answer, StatusCode::NOT_FOUND, "schedule_not_found").await;
        let answer = call("bob", "acme").await.unwrap();
        if changes {
            problem_of(answer, StatusCode::FORBIDDEN, "not_the_owner").await;
        } else {
            assert_eq!(json_of(answer, StatusCode::OK).await, schedule);
        }
    }
    let list = api.request_as("alice", "globex", Method::GET, SCHEDULES);
    let list = json_of(list.send().await.unwrap(), StatusCode::OK).await;
    assert_eq!(list["items"], json!([]));
    assert_eq!(api.get(&path_of(&schedule)).await, schedule);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_none_is_said_to_be_so() {
    let api = TestApi::start().await;
    for (method, verb, _) in CALLS {
        let answer = api.request(method, &format!("{SCHEDULES}/nightly{verb}"));
        problem_of(
            answer.send().await.unwrap(),
            StatusCode::BAD_REQUEST,
            "bad_id",
        )
        .await;
    }
}
