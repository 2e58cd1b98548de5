//! A followed log, event by event.

use std::time::Duration;

use reqwest::Response;
use serde_json::Value;
use tokio::time::timeout;

/// How long the next event of a running job may take.
const EVENT_LIMIT: Duration = Duration::from_secs(30);

/// A stream of server-sent events, as one connection brings them.
#[derive(Debug)]
pub struct EventStream {
    answer: Response,
    unread: String,
}

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamedEvent {
    /// The cursor to resume from, where it has one.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// What it carries.
    pub data: Value,
}

impl EventStream {
    pub(crate) fn of(answer: Response) -> Self {
        Self {
            answer,
            unread: String::new(),
        }
    }

    /// The next event; none once the connection has ended or broken.
    ///
    /// # Panics
    /// When none comes for 30 seconds.
    pub async fn next(&mut self) -> Option<StreamedEvent> {
        loop {
            while let Some((block, rest)) = self.unread.split_once("\n\n") {
                let event = parse(block);
                self.unread = rest.to_owned();
                if event.is_some() {
                    return event;
                }
            }
            let chunk = timeout(EVENT_LIMIT, self.answer.chunk())
                .await
                .expect("an event comes, or the end of the stream");
            let chunk = chunk.ok().flatten()?;
            self.unread
                .push_str(std::str::from_utf8(&chunk).expect("events are written whole, in UTF-8"));
        }
    }
}

/// None for comments and for the reconnection time.
fn parse(block: &str) -> Option<StreamedEvent> {
    let field = |name: &str| {
        let values = block.lines().filter_map(|line| line.split_once(": "));
        values
            .into_iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned())
    };
    Some(StreamedEvent {
        id: field("id"),
        name: field("event")?,
        data: serde_json::from_str(&field("data")?).expect("an event's data is JSON"),
    })
}
