//! How far a queue's streams were read: how the reconciler knows that a job's doorbell must have been heard.

use deadpool_redis::redis::streams::{StreamInfoGroupsReply, StreamInfoStreamReply};
use deadpool_redis::redis::{AsyncCommands, RedisError};
use gantry_domain::{Priority, QueueName};

use crate::keys::GROUP;
use crate::stream_id::StreamId;
use crate::{Queue, QueueError};

/// How far one queue's streams were written and read; one entry for each priority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuePosition {
    streams: Vec<StreamPosition>,
}

/// A stream that is not there counts as written and read up to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct StreamPosition {
    written: StreamId,
    delivered: StreamId,
}

/// A remembered end of a queue's streams: every doorbell that had been rung by then lies before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watermark {
    ends: Vec<StreamId>,
}

impl QueuePosition {
    /// The present end of the streams.
    pub fn watermark(&self) -> Watermark {
        Watermark {
            ends: self.streams.iter().map(|stream| stream.written).collect(),
        }
    }

    /// Whether every doorbell before `watermark` was delivered to some worker, or was lost with its stream. Only ids
    /// of the same stream are compared, so no clock matters.
    pub fn has_passed(&self, watermark: &Watermark) -> bool {
        self.streams
            .iter()
            .zip(&watermark.ends)
            .all(|(stream, end)| stream.delivered >= *end || stream.written < *end)
    }
}

impl Queue {
    /// How far a queue's streams were written and read.
    ///
    /// # Errors
    /// Redis cannot be reached.
    pub async fn position(&self, queue: &QueueName) -> Result<QueuePosition, QueueError> {
        let mut streams = Vec::with_capacity(Priority::ALL.len());
        for priority in Priority::ALL {
            let key = self.keys.work(queue, *priority);
            streams.push(self.stream_position(&key).await?);
        }
        Ok(QueuePosition { streams })
    }

    async fn stream_position(&self, key: &str) -> Result<StreamPosition, QueueError> {
        let mut connection = self.connection().await?;
        let stream: Result<StreamInfoStreamReply, RedisError> = connection.xinfo_stream(key).await;
        let stream = match stream {
            Ok(stream) => stream,
            Err(error) if is_missing(&error) => return Ok(StreamPosition::default()),
            Err(error) => return Err(error.into()),
        };
        let groups: Result<StreamInfoGroupsReply, RedisError> = connection.xinfo_groups(key).await;
        let groups = match groups {
            Ok(groups) => groups,
            Err(error) if is_missing(&error) => return Ok(StreamPosition::default()),
            Err(error) => return Err(error.into()),
        };
        let delivered = groups
            .groups
            .iter()
            .find(|group| group.name == GROUP)
            .and_then(|group| group.last_delivered_id.parse().ok());
        Ok(StreamPosition {
            written: stream.last_generated_id.parse().unwrap_or_default(),
            delivered: delivered.unwrap_or_default(),
        })
    }
}

fn is_missing(error: &RedisError) -> bool {
    error
        .detail()
        .is_some_and(|detail| detail.contains("no such key"))
}
