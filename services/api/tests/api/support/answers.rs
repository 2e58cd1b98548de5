//! What is read from answers.

use gantry_domain::JobId;
use reqwest::{Response, StatusCode};
use serde_json::Value;

/// The body of an answer that must have this status.
pub async fn json_of(answer: Response, expected: StatusCode) -> Value {
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert_eq!(status, expected, "{text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The problem of an answer, checked for everything that every problem has.
pub async fn problem_of(answer: Response, status: StatusCode, code: &str) -> Value {
    let content_type = answer.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    let request_id = answer.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let problem = json_of(answer, status).await;
    assert_eq!(content_type, "application/problem+json", "{problem}");
    assert_eq!(problem["code"], code, "{problem}");
    assert_eq!(problem["status"], status.as_u16());
    assert_eq!(problem["type"], format!("urn:gantry:problem:{code}"));
    assert_eq!(problem["request_id"], *request_id);
    assert!(problem["title"].is_string() && problem["detail"].is_string());
    problem
}

/// The paths of a problem's single faults.
pub fn paths_of(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"]
        .as_array()
        .expect("the problem lists faults");
    errors
        .iter()
        .map(|fault| fault["path"].as_str().unwrap())
        .collect()
}

pub fn id_of(job: &Value) -> JobId {
    job["id"].as_str().unwrap().parse().unwrap()
}
