//! How far a queue's streams were read: how the reconciler knows that a job's doorbell must have been heard.

use deadpool_redis::redis::streams::{StreamInfoGroupsReply, StreamInfoStreamReply};
use deadpool_redis::redis::{AsyncCommands, RedisError, Value};
use gantry_domain::{Priority, QueueName};

use crate::entry::range_reply;
use crate::keys::GROUP;
use crate::stream_id::StreamId;
use crate::{Queue, QueueError};

/// How far one queue's streams were written, and what of them nobody was told; one entry for each priority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuePosition {
    streams: Vec<StreamPosition>,
}

/// A stream that is not there was written up to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct StreamPosition {
    written: StreamId,
    oldest_undelivered: Option<StreamId>,
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

    /// Whether no doorbell before `watermark` is left to be delivered: each was handed to some worker, deleted, or lost
    /// with its stream. Only ids of the same stream are compared, so no clock matters.
    pub fn has_passed(&self, watermark: &Watermark) -> bool {
        self.streams
            .iter()
            .zip(&watermark.ends)
            .all(|(stream, end)| stream.oldest_undelivered.is_none_or(|oldest| oldest > *end))
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
            streams.push(match self.stream_position(&key).await {
                Err(QueueError::Redis(error)) if is_missing(&error) => StreamPosition::default(),
                position => position?,
            });
        }
        Ok(QueuePosition { streams })
    }

    async fn stream_position(&self, key: &str) -> Result<StreamPosition, QueueError> {
        let mut connection = self.connection().await?;
        let stream: StreamInfoStreamReply = connection.xinfo_stream(key).await?;
        let groups: StreamInfoGroupsReply = connection.xinfo_groups(key).await?;
        let delivered: StreamId = groups
            .groups
            .iter()
            .find(|group| group.name == GROUP)
            .and_then(|group| group.last_delivered_id.parse().ok())
            .unwrap_or_default();
        let undelivered: Value = connection
            .xrange_count(key, format!("({delivered}"), "+", 1)
            .await?;
        Ok(StreamPosition {
            written: stream.last_generated_id.parse().unwrap_or_default(),
            oldest_undelivered: range_reply(undelivered)
                .first()
                .and_then(|entry| entry.id.parse().ok()),
        })
    }
}

fn is_missing(error: &RedisError) -> bool {
    error
        .detail()
        .is_some_and(|detail| detail.contains("no such key"))
}
