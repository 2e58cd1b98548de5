//! How far a queue's streams were read: how the reconciler knows that a job's doorbell must have been heard.

use deadpool_redis::redis::streams::{StreamInfoGroupsReply, StreamInfoStreamReply};
use deadpool_redis::redis::{RedisError, RedisResult, Value, from_redis_value, pipe};
use gantry_domain::QueueName;

use crate::entry::range_reply;
use crate::keys::GROUP;
use crate::spoiled_stream::is_spoiled;
use crate::stream_id::StreamId;
use crate::{Queue, QueueError};

/// How far one queue's streams were written, and what of them nobody was told.
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
        let keys: Vec<_> = self.work_keys(queue).collect();
        let mut connection = self.connection().await?;
        let mut infos = pipe();
        for key in &keys {
            infos.cmd("XINFO").arg("STREAM").arg(key);
            infos.cmd("XINFO").arg("GROUPS").arg(key);
        }
        let infos: Vec<RedisResult<Value>> =
            infos.ignore_errors().query_async(&mut connection).await?;
        let mut streams = Vec::with_capacity(keys.len());
        let mut spoiled = Vec::new();
        let mut unread = pipe();
        let mut filled = Vec::new();
        let mut infos = infos.into_iter();
        for (key, (stream, groups)) in keys
            .iter()
            .zip(std::iter::from_fn(|| infos.next().zip(infos.next())))
        {
            let stream = match of_stream(stream)? {
                Found::Stream(stream) => stream,
                Found::Nothing => {
                    streams.push(StreamPosition::default());
                    continue;
                }
                Found::Spoiled => {
                    spoiled.push(key.as_str());
                    streams.push(StreamPosition::default());
                    continue;
                }
            };
            let written = stream.last_generated_id.parse().unwrap_or_default();
            if stream.length > 0 {
                // More was never delivered than written, unless somebody said so.
                let Some(delivered) =
                    delivered_up_to(groups?).filter(|delivered| *delivered <= written)
                else {
                    spoiled.push(key.as_str());
                    streams.push(StreamPosition::default());
                    continue;
                };
                unread.xrange_count(key, format!("({delivered}"), "+", 1);
                filled.push(streams.len());
            }
            streams.push(StreamPosition {
                written,
                oldest_undelivered: None,
            });
        }
        self.remove_spoiled(spoiled.into_iter()).await?;
        if !filled.is_empty() {
            let unread: Vec<Value> = unread.query_async(&mut connection).await?;
            for (place, entries) in filled.into_iter().zip(unread) {
                let oldest = range_reply(entries).into_iter().next();
                streams[place].oldest_undelivered = oldest.and_then(|entry| entry.id.parse().ok());
            }
        }
        Ok(QueuePosition { streams })
    }
}

/// The last entry of a stream that some worker was told of; nothing where that cannot be read.
fn delivered_up_to(groups: Value) -> Option<StreamId> {
    let groups: StreamInfoGroupsReply = from_redis_value(groups).ok()?;
    let group = groups.groups.iter().find(|group| group.name == GROUP);
    group.map_or(Some(StreamId::default()), |group| {
        group.last_delivered_id.parse().ok()
    })
}

/// What is under a stream's key.
enum Found {
    Stream(Box<StreamInfoStreamReply>),
    Nothing,
    /// No stream, or one that takes no more.
    Spoiled,
}

fn of_stream(answer: RedisResult<Value>) -> Result<Found, QueueError> {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) if is_missing(&error) => return Ok(Found::Nothing),
        Err(error) if is_spoiled(&error) => return Ok(Found::Spoiled),
        Err(error) => return Err(error.into()),
    };
    let Ok(stream) = from_redis_value::<StreamInfoStreamReply>(answer) else {
        return Ok(Found::Spoiled);
    };
    let is_exhausted = stream.last_generated_id.parse() == Ok(StreamId::LAST);
    Ok(if is_exhausted {
        Found::Spoiled
    } else {
        Found::Stream(Box::new(stream))
    })
}

fn is_missing(error: &RedisError) -> bool {
    error
        .detail()
        .is_some_and(|detail| detail.contains("no such key"))
}
