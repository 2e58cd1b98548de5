//! A job's log by the page.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::TestApi;

fn cursors(page: &Value) -> Vec<String> {
    let lines = page["items"].as_array().unwrap().iter();
    lines
        .map(|line| format!("{}.{}", line["attempt"], line["seq"]))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_log_are_in_order_across_attempts() {
    let api = TestApi::start().await;
    let job_id = api.submit().await;
    let worker = api.worker().await;
    let claimed = worker.claim(job_id, 1).await;
    worker.log(&claimed, 1..=3).await;
    api.post(
        &format!("/api/v1/jobs/{job_id}/cancel"),
        &json!({}),
        StatusCode::ACCEPTED,
    )
    .await;
    worker.mark_cancelled(&claimed).await;
    api.post(
        &format!("/api/v1/jobs/{job_id}/retry"),
        &json!({}),
        StatusCode::ACCEPTED,
    )
    .await;
    let claimed = worker.claim(job_id, 2).await;
    worker.log(&claimed, 1..=2).await;

    let path = format!("/api/v1/jobs/{job_id}/logs");
    let all = api.get(&path).await;
    assert_eq!(cursors(&all), ["1.1", "1.2", "1.3", "2.1", "2.2"]);
    assert_eq!(all["next_cursor"], json!(null));
    assert_eq!(all["items"][0]["text"], "line 1 of attempt 1");
    assert_eq!(all["items"][0]["stream"], "stdout");
    assert_eq!(all["items"][0]["level"], "info");

    let first = api.get(&format!("{path}?limit=4")).await;
    assert_eq!(cursors(&first), ["1.1", "1.2", "1.3", "2.1"]);
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = api.get(&format!("{path}?limit=4&cursor={cursor}")).await;
    assert_eq!(cursors(&rest), ["2.2"]);

    assert_eq!(
        cursors(&api.get(&format!("{path}?attempt=1")).await),
        ["1.1", "1.2", "1.3"]
    );
    assert_eq!(
        cursors(&api.get(&format!("{path}?tail=3")).await),
        ["1.3", "2.1", "2.2"]
    );
    assert_eq!(
        cursors(&api.get(&format!("{path}?tail=1&attempt=1")).await),
        ["1.3"]
    );
    assert_eq!(
        cursors(&api.get(&format!("{path}?attempt=3")).await),
        [""; 0]
    );
}
