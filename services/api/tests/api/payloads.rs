//! A payload must fit its kind; what does not is told place by place.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApi, json_of, paths_of, problem_of};

async fn refused(api: &TestApi, body: Value) -> Value {
    let request = api.request(Method::POST, "/api/v1/jobs").json(&body);
    let answer = request.send().await.unwrap();
    problem_of(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request").await
}

async fn assert_nothing_was_stored(api: &TestApi) {
    assert_eq!(api.database.number("SELECT count(*) FROM jobs").await, 0);
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
async fn a_field_of_an_object_that_knows_none_is_named() {
    let api = TestApi::start().await;
    for (payload, faults) in [
        (
            json!({"a": 1, "b": {}}),
            json!([
                {"path": "payload.a", "message": "is not a known field"},
                {"path": "payload.b", "message": "is not a known field"},
            ]),
        ),
        (
            json!({"note": {"a/~b": 1}}),
            json!([{"path": "payload.note[\"a/~b\"]", "message": "is not a known field"}]),
        ),
        (
            json!({"note": {}, "never": 1}),
            json!([{"path": "payload.never", "message": "is not allowed here"}]),
        ),
    ] {
        let problem = refused(&api, json!({"kind": "test.closed", "payload": payload})).await;
        assert_eq!(problem["errors"], faults);
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
    let body = json!({"kind": "test.unknown", "payload": 1});
    let request = api.request(Method::POST, "/api/v1/jobs").json(&body);
    let answer = request.send().await.unwrap();
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
async fn what_only_the_service_asks_for_nobody_submits_or_schedules() {
    let api = TestApi::start().await;
    let _worker = api
        .worker_with(vec![gantry_domain::EmailRequest::declaration()])
        .await;
    let mine = json!({"name": "mine", "cron": "0 0 1 1 *", "kind": "test.anything", "payload": 1});
    let mine = api.request(Method::POST, "/api/v1/schedules").json(&mine);
    let mine = json_of(mine.send().await.unwrap(), StatusCode::CREATED).await;
    let path = format!("/api/v1/schedules/{}", mine["id"].as_str().unwrap());
    for kind in gantry_domain::INTERNAL_KINDS {
        let payload =
            json!({"template": "welcome", "profile_id": gantry_domain::ProfileId::generate()});
        let job = json!({"kind": kind, "payload": payload});
        let fine = json!({"kind": "test.anything", "payload": 1});
        let schedule =
            json!({"name": "spam", "cron": "* * * * *", "kind": kind, "payload": payload});
        for (path, body, place) in [
            ("/api/v1/jobs", job.clone(), "kind"),
            (
                "/api/v1/jobs/batch",
                json!({"jobs": [fine, job]}),
                "jobs[1].kind",
            ),
            (
                "/api/v1/jobs/batch",
                json!({"jobs": [fine], "callback": job}),
                "callback.kind",
            ),
            ("/api/v1/schedules", schedule, "kind"),
        ] {
            let answer = api.request(Method::POST, path).json(&body).send();
            let answer = answer.await.unwrap();
            let problem =
                problem_of(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request").await;
            assert_eq!(paths_of(&problem), [place], "{path}");
        }
        let change = json!({"kind": kind, "payload": payload});
        let answer = api.request(Method::PATCH, &path).json(&change).send();
        let answer = answer.await.unwrap();
        problem_of(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request").await;
    }
    assert_nothing_was_stored(&api).await;
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
    let request = api.request(Method::POST, "/api/v1/qe/parse").json(&body);
    let answer = request.send().await.unwrap();
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
