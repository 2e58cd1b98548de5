//! A log followed live: every line once, in order, through restarts, gaps and a lost Redis.

use futures_util::future::join_all;
use gantry_devkit::{Folder, PrivateRedis};
use gantry_domain::{JobId, LOG_TRUNCATED_TEXT, LogLine, LogStream};
use gantry_testkit::{TestDatabase, eventually};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{EventStream, SOON, TestApi, line};

fn ids(attempt: u32, seqs: impl IntoIterator<Item = u64>) -> Vec<String> {
    seqs.into_iter()
        .map(|seq| format!("{attempt}.{seq}"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_of_a_waiting_job_sees_it_run_to_its_end() {
    let api = TestApi::start().await;
    let job_id = api.submit().await;
    let mut stream = EventStream::follow(&api, job_id, "").await;
    let worker = api.worker().await;
    let claimed = worker.claim(job_id, 1).await;
    worker.log(&claimed, 1..=2).await;

    let attempt = stream.next().await.unwrap();
    assert_eq!(
        (attempt.name.as_str(), attempt.data),
        ("attempt", json!({"attempt": 1}))
    );
    let first = stream.next().await.unwrap();
    assert_eq!(first.name, "line");
    assert_eq!(first.id.as_deref(), Some("1.1"));
    assert_eq!(first.data["text"], "line 1 of attempt 1");
    assert_eq!(stream.lines(1).await, ["1.2"]);

    worker.log(&claimed, 3..=3).await;
    assert_eq!(stream.lines(1).await, ["1.3"]);
    worker.complete(&claimed).await;
    let end = stream.rest().await;
    assert_eq!(end.len(), 1);
    assert_eq!(end[0].name, "end");
    assert_eq!(
        end[0].data,
        json!({"state": "succeeded", "attempt": 1, "error": null})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_log_is_told_whole_and_ends() {
    let api = TestApi::start().await;
    let job_id = api.submit().await;
    let worker = api.worker().await;
    let claimed = worker.claim(job_id, 1).await;
    worker.log(&claimed, 1..=450).await;
    worker.complete(&claimed).await;

    let mut stream = EventStream::follow(&api, job_id, "").await;
    assert_eq!(stream.lines(450).await, ids(1, 1..=450));
    assert_eq!(stream.rest().await[0].name, "end");
    let mut stream = EventStream::resume(&api, job_id, "", Some("1.450")).await;
    assert_eq!(stream.rest().await[0].name, "end");
}

#[tokio::test(flavor = "multi_thread")]
async fn accept_text_event_stream_follows_too() {
    let api = TestApi::start().await;
    let job_id = api.submit().await;
    let request = api.request(Method::GET, &format!("/api/v1/jobs/{job_id}/logs"));
    let answer = request
        .header("accept", "text/event-stream")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_the_feed_never_carried_are_filled_in_from_postgres() {
    let api = TestApi::start().await;
    let job_id = api.submit().await;
    let worker = api.worker().await;
    let claimed = worker.claim(job_id, 1).await;
    let mut stream = EventStream::follow(&api, job_id, "").await;
    worker.log(&claimed, 1..=1).await;
    assert_eq!(stream.lines(1).await, ["1.1"]);

    worker.store_only(&claimed, 2..=6).await;
    let published = worker.store_only(&claimed, 7..=7).await;
    worker.publish_only(&claimed, published.clone()).await;
    assert_eq!(stream.lines(6).await, ids(1, 2..=7));

    // What was told before is not told again.
    worker.publish_only(&claimed, published).await;
    worker.log(&claimed, 8..=8).await;
    assert_eq!(stream.lines(1).await, ["1.8"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_resumes_on_another_process_without_gap_or_repetition() {
    let mut api = TestApi::start().await;
    let job_id = api.submit().await;
    let worker = api.worker().await;
    let claimed = worker.claim(job_id, 1).await;
    let mut stream = EventStream::follow(&api, job_id, "").await;
    worker.log(&claimed, 1..=3).await;
    let seen = stream.lines(3).await;

    api.restart().await;
    assert_eq!(stream.rest().await, []);
    worker.log(&claimed, 4..=5).await;
    let mut stream = EventStream::resume(&api, job_id, "", seen.last().map(String::as_str)).await;
    worker.log(&claimed, 6..=6).await;
    // The attempt is known already, so it is not told again.
    let event = stream.next().await.unwrap();
    assert_eq!(
        (event.name.as_str(), event.id.as_deref()),
        ("line", Some("1.4"))
    );
    assert_eq!(stream.lines(2).await, ids(1, 5..=6));

    let mut by_cursor = EventStream::follow(&api, job_id, "&cursor=1.5").await;
    assert_eq!(by_cursor.lines(1).await, ["1.6"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_boundary_of_an_attempt_is_told_before_its_first_line() {
    let api = TestApi::start().await;
    let job_id = api.submit().await;
    let worker = api.worker().await;
    let claimed = worker.claim(job_id, 1).await;
    worker.log(&claimed, 1..=2).await;
    let mut stream = EventStream::follow(&api, job_id, "").await;
    assert_eq!(stream.lines(2).await, ids(1, 1..=2));
    api.post(
        &format!("/api/v1/jobs/{job_id}/cancel"),
        &json!({}),
        StatusCode::ACCEPTED,
    )
    .await;
    worker.mark_cancelled(&claimed).await;
    let end = stream.rest().await;
    assert_eq!(end[0].data["state"], "cancelled");
    assert_eq!(end[0].data["error"]["code"], "cancelled");

    api.post(
        &format!("/api/v1/jobs/{job_id}/retry"),
        &json!({}),
        StatusCode::ACCEPTED,
    )
    .await;
    let mut stream = EventStream::resume(&api, job_id, "", Some("1.2")).await;
    let claimed = worker.claim(job_id, 2).await;
    worker.log(&claimed, 1..=1).await;
    let boundary = stream.next().await.unwrap();
    assert_eq!(
        (boundary.name.as_str(), boundary.id.as_deref()),
        ("attempt", Some("2.0"))
    );
    assert_eq!(stream.lines(1).await, ["2.1"]);

    // Someone who follows the first attempt only is done.
    let mut first = EventStream::follow(&api, job_id, "&attempt=1").await;
    assert_eq!(first.lines(2).await, ids(1, 1..=2));
    let end = first.rest().await;
    assert_eq!(end[0].data["state"], "running");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_log_says_so_by_an_event() {
    let api = TestApi::start().await;
    let job_id = api.submit().await;
    let worker = api.worker().await;
    let claimed = worker.claim(job_id, 1).await;
    let last = LogLine {
        stream: LogStream::Gantry,
        text: format!("{LOG_TRUNCATED_TEXT}: enough"),
        ..line(1, 2)
    };
    worker.store_lines(&claimed, &[line(1, 1), last]).await;
    worker.complete(&claimed).await;
    let mut stream = EventStream::follow(&api, job_id, "").await;
    let events = stream.rest().await;
    let names: Vec<&str> = events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["attempt", "line", "truncated", "line", "end"]);
    assert_eq!(events[2].data, json!({"attempt": 1}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_can_begin_with_the_last_lines_or_with_none() {
    let api = TestApi::start().await;
    let job_id = api.submit().await;
    let worker = api.worker().await;
    let claimed = worker.claim(job_id, 1).await;
    worker.log(&claimed, 1..=10).await;
    let mut last_three = EventStream::follow(&api, job_id, "&tail=3").await;
    assert_eq!(last_three.lines(3).await, ids(1, 8..=10));
    let mut none = EventStream::follow(&api, job_id, "&tail=0").await;
    let mut resumed = EventStream::resume(&api, job_id, "&tail=3", Some("1.2")).await;
    worker.log(&claimed, 11..=11).await;
    assert_eq!(last_three.lines(1).await, ["1.11"]);
    assert_eq!(none.lines(1).await, ["1.11"]);
    assert_eq!(resumed.lines(9).await, ids(1, 3..=11));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_still_moves_while_redis_is_away_and_when_it_is_back() {
    let folder = Folder::temporary().unwrap();
    let mut redis = PrivateRedis::start(&folder).unwrap();
    let database = TestDatabase::create().await;
    let api = TestApi::start_with(database, redis.url(), "gantry".to_owned()).await;
    api.until_ready().await;
    let worker = api.worker().await;
    let job_id = api.submit().await;
    let claimed = worker.claim(job_id, 1).await;
    let mut stream = EventStream::follow(&api, job_id, "").await;
    worker.log(&claimed, 1..=1).await;
    assert_eq!(stream.lines(1).await, ["1.1"]);

    redis.kill().unwrap();
    worker.store_only(&claimed, 2..=3).await;
    assert_eq!(stream.lines(2).await, ids(1, 2..=3));
    let mut late = EventStream::follow(&api, job_id, "&cursor=1.3").await;
    worker.store_only(&claimed, 4..=4).await;
    assert_eq!(stream.lines(1).await, ["1.4"]);
    assert_eq!(late.lines(1).await, ["1.4"]);

    redis.restart().unwrap();
    worker.log(&claimed, 5..=5).await;
    worker.complete(&claimed).await;
    assert_eq!(stream.lines(1).await, ["1.5"]);
    assert_eq!(stream.rest().await[0].name, "end");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_followers_of_one_busy_job_each_see_every_line_once() {
    let api = TestApi::start().await;
    let job_id = api.submit().await;
    let worker = api.worker().await;
    let claimed = worker.claim(job_id, 1).await;
    let mut streams = Vec::new();
    for _ in 0..20 {
        streams.push(EventStream::follow(&api, job_id, "").await);
    }
    let writing = async {
        for first in (1..=300).step_by(10) {
            worker.log(&claimed, first..first + 10).await;
        }
        worker.complete(&claimed).await;
    };
    let reading = join_all(streams.iter_mut().map(EventStream::rest));
    let (events, ()) = tokio::join!(reading, writing);
    for events in events {
        let lines = events.iter().filter(|event| event.name == "line");
        let seen: Vec<String> = lines.filter_map(|event| event.id.clone()).collect();
        assert_eq!(seen, ids(1, 1..=300));
        assert_eq!(events.last().unwrap().name, "end");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_that_hangs_up_leaves_nothing_behind() {
    let api = TestApi::start_with_followers(1).await;
    let job_id: JobId = api.submit().await;
    let stream = EventStream::follow(&api, job_id, "").await;
    let path = format!("/api/v1/jobs/{job_id}/logs?follow=true");
    let status = || async {
        api.request(Method::GET, &path)
            .send()
            .await
            .unwrap()
            .status()
    };
    assert_eq!(status().await, StatusCode::SERVICE_UNAVAILABLE);
    drop(stream);
    eventually(SOON, || async {
        match status().await {
            StatusCode::OK => Ok(()),
            other => Err(other),
        }
    })
    .await;
}
