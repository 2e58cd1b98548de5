//! Whatever is sent, the answer is an acceptance or a refusal, and what was accepted is stored as it was sent.

use std::sync::LazyLock;

use proptest::prelude::*;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::TestApi;

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
            prop::collection::hash_map(any::<String>(), inner, 0..6).prop_map(Value::from_iter),
        ]
    })
}

/// Whether two documents are the same; JSONB writes some fractional numbers as whole ones.
fn is_same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            left == right || left.as_f64() == right.as_f64()
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(l, r)| is_same(l, r))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(name, l)| right.get(name).is_some_and(|r| is_same(l, r)))
        }
        _ => left == right,
    }
}

/// One runtime and one API for all cases.
static FUZZED: LazyLock<(tokio::runtime::Runtime, TestApi)> = LazyLock::new(|| {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let api = runtime.block_on(TestApi::start());
    (runtime, api)
});

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

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
            prop_assert!(is_same(&stored["payload"], &job["payload"]), "{stored} {job}");
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
