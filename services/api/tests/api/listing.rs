//! A list is complete and free of repetitions, whatever happens while its pages are read.

use std::collections::HashSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApi, id_of};

async fn submit_with(api: &TestApi, fields: Value) -> String {
    let mut body = json!({"kind": "test.anything", "payload": 1});
    body.as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    let job = api.post("/api/v1/jobs", &body, StatusCode::ACCEPTED).await;
    id_of(&job).to_string()
}

fn ids_of(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap().iter();
    items.map(|job| id_of(job).to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_complete_and_unique_while_jobs_are_handed_in() {
    let api = TestApi::start().await;
    let mut before = HashSet::new();
    for _ in 0..25 {
        before.insert(submit_with(&api, json!({})).await);
    }
    let mut seen = Vec::new();
    let mut path = "/api/v1/jobs?limit=4".to_owned();
    loop {
        let page = api.get(&path).await;
        seen.extend(ids_of(&page));
        submit_with(&api, json!({})).await;
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/api/v1/jobs?limit=4&cursor={cursor}");
    }
    let unique: HashSet<String> = seen.iter().cloned().collect();
    assert_eq!(unique.len(), seen.len());
    assert_eq!(unique, before);
    let mut newest_first = seen.clone();
    newest_first.sort_unstable_by(|left, right| right.cmp(left));
    assert_eq!(seen, newest_first);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_page_has_no_cursor_even_when_it_is_full() {
    let api = TestApi::start().await;
    for _ in 0..4 {
        submit_with(&api, json!({})).await;
    }
    let first = api.get("/api/v1/jobs?limit=2").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let last = api
        .get(&format!("/api/v1/jobs?limit=2&cursor={cursor}"))
        .await;
    assert_eq!(last["items"].as_array().unwrap().len(), 2);
    assert_eq!(last["next_cursor"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_narrow_the_list_one_by_one_and_together() {
    let api = TestApi::start().await;
    let plain = submit_with(&api, json!({})).await;
    let tagged = submit_with(&api, json!({"tags": ["night, run", "x"]})).await;
    let elsewhere = submit_with(&api, json!({"queue": "other"})).await;
    let later = submit_with(&api, json!({"run_at": "2090-01-01T00:00:00Z"})).await;
    let echo = api.submit().await.to_string();
    let others = api.request_as("bob", "acme", Method::POST, "/api/v1/jobs");
    let others = others
        .json(&json!({"kind": "test.anything", "payload": 1}))
        .send()
        .await
        .unwrap();
    let others = id_of(&others.json().await.unwrap()).to_string();
    let bob = api.get(&format!("/api/v1/jobs/{others}")).await["created_by"].clone();
    let bob = bob.as_str().unwrap();

    for (query, expected) in [
        ("kind=test.echo".to_owned(), vec![&echo]),
        ("queue=other".to_owned(), vec![&elsewhere]),
        ("tag=night%2C+run".to_owned(), vec![&tagged]),
        ("state=scheduled".to_owned(), vec![&later]),
        (
            "state=scheduled,running&queue=default".to_owned(),
            vec![&later],
        ),
        ("state=failed".to_owned(), vec![]),
        (format!("created_by={bob}"), vec![&others]),
        (
            "created_by=me&state=queued".to_owned(),
            vec![&echo, &elsewhere, &tagged, &plain],
        ),
        (
            "state=queued&state=scheduled".to_owned(),
            vec![&others, &echo, &later, &elsewhere, &tagged, &plain],
        ),
    ] {
        let list = api.get(&format!("/api/v1/jobs?{query}")).await;
        assert_eq!(
            ids_of(&list).iter().collect::<Vec<_>>(),
            expected,
            "{query}"
        );
    }
    let list = api.get("/api/v1/jobs").await;
    assert!(list["items"][0].get("payload").is_none());
}
