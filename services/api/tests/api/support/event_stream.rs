//! Reads server-sent events as they come.

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use gantry_domain::JobId;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;
use tokio::time::timeout;

use super::{SOON, TestApi};

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub name: String,
    pub id: Option<String>,
    pub data: Value,
}

/// A followed log.
pub struct EventStream {
    parts: BoxStream<'static, Vec<u8>>,
    text: String,
}

impl EventStream {
    /// Follows a job's log. `query` begins with `&`, or is empty.
    pub async fn follow(api: &TestApi, job_id: JobId, query: &str) -> Self {
        Self::resume(api, job_id, query, None).await
    }

    /// Follows a job's log from behind an event.
    pub async fn resume(api: &TestApi, job_id: JobId, query: &str, last: Option<&str>) -> Self {
        let path = format!("/api/v1/jobs/{job_id}/logs?follow=true{query}");
        let mut request = api.request(Method::GET, &path);
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        Self::of(request).await
    }

    /// Follows what a request asks for.
    pub async fn of(request: RequestBuilder) -> Self {
        let answer = request.send().await.expect("the API answers");
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        let parts = answer
            .bytes_stream()
            .map(|part| part.map_or_else(|_| Vec::new(), Vec::from));
        Self {
            parts: parts.boxed(),
            text: String::new(),
        }
    }

    /// The next event; none at the end of the stream.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let event = event_of(block);
                self.text = rest.to_owned();
                if event.is_some() {
                    return event;
                }
            }
            let part = timeout(SOON, self.parts.next())
                .await
                .expect("the stream goes on")?;
            self.text
                .push_str(std::str::from_utf8(&part).expect("events are text"));
        }
    }

    /// The ids of the next `count` lines, attempts left out.
    pub async fn lines(&mut self, count: usize) -> Vec<String> {
        let mut ids = Vec::new();
        while ids.len() < count {
            let event = self.next().await.expect("the stream goes on");
            match event.name.as_str() {
                "line" => ids.push(event.id.expect("a line has an id")),
                "attempt" => {}
                other => panic!("{other} in place of a line, after {ids:?}"),
            }
        }
        ids
    }

    /// Everything until the stream closes.
    pub async fn rest(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

/// An event, or none for a comment or a retry time.
fn event_of(block: &str) -> Option<Event> {
    let field = |name: &str| {
        let prefix = format!("{name}: ");
        block.lines().find_map(|line| line.strip_prefix(&prefix))
    };
    Some(Event {
        name: field("event")?.to_owned(),
        id: field("id").map(str::to_owned),
        data: serde_json::from_str(field("data").expect("an event has data"))
            .expect("data is JSON"),
    })
}
